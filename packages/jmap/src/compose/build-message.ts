import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'

import { buildHeaderValue } from 'nodemailer/lib/mime-funcs'
import MimeNode from 'nodemailer/lib/mime-node'

import type { RequestBudget } from '../budget/request-budget.ts'
import { pieceLength, piecesOf } from '../json/long-text.ts'
import { joined, type BlobPlace } from '../mail/blob-content.ts'
import { SetError } from '../protocol/set-error.ts'
import { rfc5322Date } from './draft-header.ts'
import type { DraftPart } from './draft-part.ts'
import type { MessageDraft } from './message-draft.ts'
import { writeHeader } from './write-header.ts'

export interface BuildOptions {
  readonly hostname: string
  readonly now: number
  readonly budget: RequestBudget
  /** Of the message. */
  readonly maxBytes: number
  /** Of every blob that the draft names. */
  readonly places: ReadonlyMap<string, BlobPlace>
  readonly blob: (place: BlobPlace) => AsyncIterable<Buffer>
}

/** The bytes of a drafted message, with the Date and Message-ID that it needs (RFC 8621 section 4.6), made in turns. @throws BudgetExceeded; SetError tooLarge */
export async function buildMessage(draft: MessageDraft, options: BuildOptions): Promise<Buffer> {
  const names = new Set(draft.headers.map(({ name }) => name.toLowerCase()))
  const header = draft.headers.map(writeHeader)
  if (!names.has('date')) header.push(`Date: ${rfc5322Date(options.now, 0)}\r\n`)
  if (!names.has('message-id')) header.push(`Message-ID: <${randomUUID()}@${options.hostname}>\r\n`)
  header.push('MIME-Version: 1.0\r\n')
  // As a child it writes the fields of a part only: those of the message are ours.
  const body = await addPart(new MimeNode('multipart/mixed', nodeOptions), draft.root, options)
  const pieces: Buffer[] = [Buffer.from(header.join(''))]
  let left = options.maxBytes - (pieces[0]?.length ?? 0)
  for await (const piece of body.createReadStream() as AsyncIterable<Buffer>) {
    left -= piece.length
    // A few bytes of a draft may stand for any number: one text may be that of many parts.
    if (left < 0) throw new SetError({ type: 'tooLarge', maxSize: options.maxBytes })
    await options.budget.work(piece.length)
    pieces.push(piece)
  }
  return joined(pieces, options.budget)
}

const nodeOptions = {
  newline: 'win',
  disableFileAccess: true,
  disableUrlAccess: true,
} as const

/** Writing the fields of one part: names of a thousand characters that have to be encoded. */
const unitsPerPart = 16_384

async function addPart(
  parent: MimeNode,
  part: DraftPart,
  options: BuildOptions,
): Promise<MimeNode> {
  await options.budget.work(unitsPerPart)
  const node = parent.createChild(contentType(part), nodeOptions)
  if (part.disposition !== null) setPrepared(node, 'Content-Disposition', dispositionOf(part))
  if (part.cid !== null) node.setHeader('Content-ID', `<${part.cid}>`)
  if (part.language.length > 0) setPrepared(node, 'Content-Language', part.language.join(', '))
  if (part.location !== null) setPrepared(node, 'Content-Location', part.location)
  for (const field of part.headers)
    setPrepared(node, field.name, writeHeader(field).slice(field.name.length + 2, -2))
  const { content } = part
  if (content.kind === 'parts')
    for (const child of content.parts) await addPart(node, child, options)
  else if (content.kind === 'text') node.setContent(textOf(content.text, options))
  else {
    const place = options.places.get(content.blobId)
    if (place !== undefined) node.setContent(Readable.from(options.blob(place)))
  }
  return node
}

/** A long text comes as a stream, so that it is encoded piece by piece. @throws BudgetExceeded */
function textOf(text: string, { budget }: BuildOptions): string | Readable {
  budget.charge({ bytes: text.length })
  if (text.length <= pieceLength) return withCrlf(text)
  return Readable.from(textPieces(text, budget), { objectMode: false })
}

/** Writing quoted-printable takes so much more than reading. */
const workPerCharacter = 4

async function* textPieces(text: string, budget: RequestBudget): AsyncIterable<Buffer> {
  let held = ''
  for (const piece of piecesOf(text)) {
    await budget.work(piece.length * workPerCharacter)
    const whole = held + piece
    // Its LF may come with the next piece.
    held = whole.endsWith('\r') ? '\r' : ''
    yield Buffer.from(withCrlf(held === '' ? whole : whole.slice(0, -1)))
  }
  if (held !== '') yield Buffer.from('\r\n')
}

function withCrlf(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\r\n')
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
