import type { BlobRange, Membership } from '@gatepost/core'
import { decodeTransfer, type MimeIndex, type MimePart } from '@gatepost/mime'

import { bodyStructureText } from '../grammar/body-structure.ts'
import { envelopeText } from '../grammar/envelope-text.ts'
import type { FetchItem, FetchRequest } from '../grammar/fetch-items.ts'
import { formatFlags } from '../grammar/flags.ts'
import { formatDateTime } from '../grammar/internal-date.ts'
import { literalBytes } from '../grammar/literal-bytes.ts'
import {
  type ByteRange,
  isPlain,
  rawRange,
  sectionBytes,
  sectionSource,
  type SectionSource,
  wholeSource,
} from '../grammar/section-bytes.ts'

/** A piece of a FETCH response: text with one character for each byte, bytes, or a range of the message still to be read. */
export type FetchPart = string | Buffer | ByteRange

/** What is read along with the rest, for one message; more than this is read piece by piece as the client takes it. */
const maxInlineBytes = 262_144

type SectionItem = Extract<FetchItem, { kind: 'section' }>

interface PlannedSection {
  readonly source: SectionSource
  readonly range: ByteRange
  /** Else the range is sent piece by piece. */
  readonly isInline: boolean
}

export interface FetchSource {
  readonly membership: Membership
  readonly number: number
  /** Undefined when no item needs it. */
  readonly index: MimeIndex | undefined
  /** How a keyword is written. */
  readonly showKeyword: (keyword: string) => string
}

/** What of a request has to be read beside the memberships. */
export interface FetchNeeds {
  /** The structure of the message. */
  readonly index: boolean
  /** Bytes of it. */
  readonly bytes: boolean
}

export function needsOf({ items }: FetchRequest): FetchNeeds {
  const sections = items.filter((item) => item.kind === 'section')
  const index = items.some(({ kind }) => indexKinds.has(kind)) || !sections.every(isWhole)
  return { index, bytes: sections.length > 0 }
}

const indexKinds: ReadonlySet<string> = new Set(['envelope', 'body', 'bodyStructure', 'preview'])

/** The response for one message: first what has to be read for it, then its text. */
export class FetchResponse {
  readonly #request: FetchRequest
  readonly #source: FetchSource
  /** Of a request that has sections. */
  readonly #sections: ReadonlyMap<SectionItem, PlannedSection | undefined> | undefined
  /** Each range once. */
  readonly #reads: Map<string, ByteRange> | undefined
  #decoded: Map<MimePart, Buffer> | undefined

  constructor(request: FetchRequest, source: FetchSource, { bytes }: FetchNeeds) {
    this.#request = request
    this.#source = source
    if (!bytes) return
    this.#reads = new Map()
    const sections = request.items.filter((item) => item.kind === 'section')
    this.#sections = new Map(sections.map((item) => [item, this.#plan(item)]))
  }

  get membership(): Membership {
    return this.#source.membership
  }

  /** What is to be read before. */
  get ranges(): readonly BlobRange[] {
    const { blobId: id } = this.membership
    return [...(this.#reads?.values() ?? [])].map(({ start, end }) => ({ id, start, end }))
  }

  /** Bytes of what is to be read. */
  get bytes(): number {
    let bytes = 0
    for (const { start, end } of this.#reads?.values() ?? []) bytes += end - start
    return bytes
  }

  /** `read`: what `ranges` asked for, in its order. Undefined: some of it is gone. */
  parts(read: readonly (Buffer | undefined)[]): FetchPart[] | undefined {
    if (read.includes(undefined)) return undefined
    const bytes = this.#reads && new Map([...this.#reads.keys()].map((key, at) => [key, read[at]]))
    const parts: FetchPart[] = []
    let text = `* ${this.#source.number} FETCH (`
    let separator = ''
    for (const item of this.#request.items) {
      text += `${separator}${item.label} `
      separator = ' '
      const value = this.#valueOf(item, bytes)
      if (typeof value === 'string') text += value
      else {
        parts.push(`${text}${value.head}`, value.content)
        text = ''
      }
    }
    parts.push(`${text})\r\n`)
    return parts
  }

  #plan(item: SectionItem): PlannedSection | undefined {
    const source = this.#sourceOf(item)
    if (source === undefined) return undefined
    const range = rawRange(source, item.partial)
    const key = keyOf(range)
    const isInline =
      this.#reads?.has(key) === true ||
      !isPlain(source) ||
      this.bytes + range.end - range.start <= maxInlineBytes
    if (isInline) this.#reads?.set(key, range)
    return { source, range, isInline }
  }

  #sourceOf(item: SectionItem): SectionSource | undefined {
    if (isWhole(item)) return wholeSource(this.membership.size)
    const { index } = this.#source
    return index === undefined ? undefined : sectionSource(index, item.section)
  }

  #valueOf(item: FetchItem, bytes: ReadBytes | undefined): string | Literal {
    const { membership, index, showKeyword } = this.#source
    switch (item.kind) {
      case 'uid':
        return String(membership.uid)
      case 'flags':
        return formatFlags(membership.keywords, membership.isDeleted, showKeyword)
      case 'internalDate':
        return formatDateTime({ at: membership.receivedAt, zoneMinutes: membership.zoneMinutes })
      case 'size':
        return String(membership.size)
      case 'modSeq':
        return `(${membership.modSeq})`
      case 'emailId':
        return `(${membership.originalId})`
      case 'threadId':
        return `(${membership.threadId})`
      case 'section':
        return this.#sectionValue(item, bytes)
      case 'envelope':
      case 'body':
      case 'bodyStructure':
      case 'preview':
        return index === undefined ? 'NIL' : indexValue(item.kind, index)
    }
  }

  #sectionValue(item: SectionItem, bytes: ReadBytes | undefined): string | Literal {
    const section = this.#sections?.get(item)
    if (section === undefined) return 'NIL'
    const { source, range, isInline } = section
    if (!isInline) return { head: `{${range.end - range.start}}\r\n`, content: range }
    const value = sectionBytes(source, {
      raw: bytes?.get(keyOf(range)) ?? Buffer.alloc(0),
      partial: item.partial,
      decoded: (part, raw) => this.#decodedBody(part, raw),
    })
    return literal(value)
  }

  #decodedBody(part: MimePart, raw: Buffer): Buffer {
    this.#decoded ??= new Map()
    const known = this.#decoded.get(part)
    if (known !== undefined) return known
    const body = decodeTransfer(raw, part.encoding)
    this.#decoded.set(part, body)
    return body
  }
}

type ReadBytes = ReadonlyMap<string, Buffer | undefined>

/** A value whose bytes come behind its length (RFC 3501 section 4.3). */
interface Literal {
  readonly head: string
  readonly content: Exclude<FetchPart, string>
}

function keyOf({ start, end }: ByteRange): string {
  return `${start}-${end}`
}

function indexValue(
  kind: 'envelope' | 'body' | 'bodyStructure' | 'preview',
  { envelope, root, preview }: MimeIndex,
): string | Literal {
  switch (kind) {
    case 'envelope':
      return envelopeText(envelope)
    case 'body':
      return bodyStructureText(root, false)
    case 'bodyStructure':
      return bodyStructureText(root, true)
    case 'preview':
      return literal(Buffer.from(preview))
  }
}

/** BODY[]: the one section that needs no look at the structure. */
function isWhole({ section }: SectionItem): boolean {
  return section.part === '' && section.what === ''
}

function literal(bytes: Buffer): Literal {
  return { head: `{${bytes.length}}\r\n`, content: literalBytes(bytes) }
}
