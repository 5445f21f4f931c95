import { randomUUID } from 'node:crypto'

import { buildHeaderValue } from 'nodemailer/lib/mime-funcs'
import MimeNode from 'nodemailer/lib/mime-node'

import { rfc5322Date } from './draft-header.ts'
import type { DraftPart } from './draft-part.ts'
import type { MessageDraft } from './message-draft.ts'
import { writeHeader } from './write-header.ts'

export interface BuildOptions {
  readonly hostname: string
  readonly now: number
  /** The bytes of a blob that the draft names. */
  readonly blob: (blobId: string) => Buffer
}

/** The bytes of a drafted message, with the Date and Message-ID that it needs (RFC 8621 section 4.6). */
export async function buildMessage(draft: MessageDraft, options: BuildOptions): Promise<Buffer> {
  const names = new Set(draft.headers.map(({ name }) => name.toLowerCase()))
  const header = draft.headers.map(writeHeader)
  if (!names.has('date')) header.push(`Date: ${rfc5322Date(options.now, 0)}\r\n`)
  if (!names.has('message-id')) header.push(`Message-ID: <${randomUUID()}@${options.hostname}>\r\n`)
  header.push('MIME-Version: 1.0\r\n')
  // As a child it writes the fields of a part only: those of the message are ours.
  const body = addPart(new MimeNode('multipart/mixed', nodeOptions), draft.root, options)
  return Buffer.concat([Buffer.from(header.join('')), await body.build()])
}

const nodeOptions = {
  newline: 'win',
  disableFileAccess: true,
  disableUrlAccess: true,
} as const

function addPart(parent: MimeNode, part: DraftPart, options: BuildOptions): MimeNode {
  const node = parent.createChild(contentType(part), nodeOptions)
  if (part.disposition !== null) setPrepared(node, 'Content-Disposition', dispositionOf(part))
  if (part.cid !== null) node.setHeader('Content-ID', `<${part.cid}>`)
  if (part.language.length > 0) setPrepared(node, 'Content-Language', part.language.join(', '))
  if (part.location !== null) setPrepared(node, 'Content-Location', part.location)
  for (const field of part.headers)
    setPrepared(node, field.name, writeHeader(field).slice(field.name.length + 2, -2))
  const { content } = part
  if (content.kind === 'parts') for (const child of content.parts) addPart(node, child, options)
  else
    node.setContent(
      content.kind === 'text'
        ? content.text.replaceAll(/\r\n|\r|\n/g, '\r\n')
        : options.blob(content.blobId),
    )
  return node
}

function setPrepared(node: MimeNode, name: string, value: string): void {
  if (value !== '') node.addHeader(name, { prepared: true, foldLines: false, value })
}

function dispositionOf(part: DraftPart): string {
  const params = part.name === null ? {} : { filename: part.name }
  return buildHeaderValue({ value: part.disposition ?? '', params })
}

function contentType(part: DraftPart): string {
  const params: Record<string, string> = {}
  if (part.content.kind === 'text') params['charset'] = 'utf-8'
  else if (part.charset !== null) params['charset'] = part.charset
  if (part.name !== null) params['name'] = part.name
  return buildHeaderValue({ value: part.type, params })
}
