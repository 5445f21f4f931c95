import type { MailReader, Membership } from '@gatepost/core'
import { decodeTransfer, type MimeIndex, type MimePart } from '@gatepost/mime'

import { bodyStructureText } from '../grammar/body-structure.ts'
import { envelopeText } from '../grammar/envelope-text.ts'
import type { FetchItem, FetchRequest } from '../grammar/fetch-items.ts'
import type { Section } from '../grammar/fetch-section.ts'
import { formatFlags } from '../grammar/flags.ts'
import { formatDateTime } from '../grammar/internal-date.ts'
import { literalBytes } from '../grammar/literal-bytes.ts'
import {
  type MessageBytes,
  partialBytes,
  sectionBytes,
  type SectionBytes,
} from '../grammar/section-bytes.ts'

/** A piece of a FETCH response: text with one character for each byte, bytes, or a range of the message still to be read. */
export type FetchPart = string | Buffer | { readonly start: number; readonly end: number }

/** What is read along with the rest; more than this is read piece by piece as the client takes it. */
const maxInlineBytes = 262_144

/** The response for one message; undefined when it is gone. */
export function fetchParts(request: FetchRequest, source: FetchSource): FetchPart[] | undefined {
  const { number } = source
  const message = new FetchedMessage(source)
  const parts: FetchPart[] = [`* ${number} FETCH (`]
  for (const [at, item] of request.items.entries()) {
    if (at > 0) parts.push(' ')
    const value = valueOf(item, message)
    if (value === undefined) return undefined
    parts.push(`${item.label} `, ...value)
  }
  parts.push(')\r\n')
  return parts
}

export interface FetchSource {
  readonly reader: MailReader
  readonly membership: Membership
  readonly number: number
  /** How a keyword is written. */
  readonly showKeyword: (keyword: string) => string
  /** Bytes decoded in this turn: the caller's to bound. */
  readonly turn: { decodedBytes: number }
}

class FetchedMessage implements MessageBytes {
  readonly reader: MailReader
  readonly membership: Membership
  readonly showKeyword: (keyword: string) => string
  readonly #turn: FetchSource['turn']
  readonly #decoded = new Map<MimePart, Buffer>()
  #index: MimeIndex | undefined

  constructor({ reader, membership, showKeyword, turn }: FetchSource) {
    this.reader = reader
    this.membership = membership
    this.showKeyword = showKeyword
    this.#turn = turn
  }

  get index(): MimeIndex | undefined {
    this.#index ??= this.reader.emails.index(this.membership.emailId)
    return this.#index
  }

  range(start: number, end: number): Buffer | undefined {
    return this.reader.blobs.range(this.membership.blobId, start, end)
  }

  read(start: number, end: number): Buffer {
    return this.range(start, end) ?? Buffer.alloc(0)
  }

  decodedBody(part: MimePart): Buffer {
    const known = this.#decoded.get(part)
    if (known !== undefined) return known
    const body = decodeTransfer(this.read(part.bodyStart, part.bodyEnd), part.encoding)
    this.#turn.decodedBytes += part.bodyEnd - part.bodyStart
    this.#decoded.set(part, body)
    return body
  }
}

function valueOf(item: FetchItem, message: FetchedMessage): FetchPart[] | undefined {
  const { membership } = message
  switch (item.kind) {
    case 'uid':
      return [String(membership.uid)]
    case 'flags':
      return [formatFlags(membership.keywords, membership.isDeleted, message.showKeyword)]
    case 'internalDate':
      return [formatDateTime({ at: membership.receivedAt, zoneMinutes: membership.zoneMinutes })]
    case 'size':
      return [String(membership.size)]
    case 'modSeq':
      return [`(${membership.modSeq})`]
    case 'emailId':
      return [`(${membership.originalId})`]
    case 'threadId':
      return [`(${membership.threadId})`]
    case 'envelope':
      return indexed(message, ({ envelope }) => [envelopeText(envelope)])
    case 'body':
      return indexed(message, ({ root }) => [bodyStructureText(root, false)])
    case 'bodyStructure':
      return indexed(message, ({ root }) => [bodyStructureText(root, true)])
    case 'preview':
      return indexed(message, ({ preview }) => literal(Buffer.from(preview)))
    case 'section':
      return sectionValue(item, message)
  }
}

function indexed(
  { index }: FetchedMessage,
  valueFrom: (index: MimeIndex) => FetchPart[] | undefined,
): FetchPart[] | undefined {
  return index === undefined ? undefined : valueFrom(index)
}

function sectionValue(
  { section, partial }: Extract<FetchItem, { kind: 'section' }>,
  message: FetchedMessage,
): FetchPart[] | undefined {
  const value = isWhole(section)
    ? { kind: 'range' as const, start: 0, end: message.membership.size }
    : indexedSection(section, message)
  if (value === undefined) return undefined
  if (value === 'none') return ['NIL']
  const clipped = partialBytes(value, partial)
  if (clipped.kind === 'bytes') return literal(clipped.bytes)
  const { start, end } = clipped
  if (end - start > maxInlineBytes) return [`{${end - start}}\r\n`, { start, end }]
  const bytes = message.range(start, end)
  return bytes === undefined ? undefined : literal(bytes)
}

/** BODY[]: the one section that needs no look at the structure. */
function isWhole({ part, what }: Section): boolean {
  return part === '' && what === ''
}

/** `none`: there is no such part. Undefined: the message is gone. */
function indexedSection(
  section: Section,
  message: FetchedMessage,
): SectionBytes | 'none' | undefined {
  const { index } = message
  if (index === undefined) return undefined
  return sectionBytes(index, section, message) ?? 'none'
}

function literal(bytes: Buffer): FetchPart[] {
  return [`{${bytes.length}}\r\n`, literalBytes(bytes)]
}
