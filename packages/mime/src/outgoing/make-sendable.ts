import { isAscii, isUtf8 } from 'node:buffer'

import { decodeBody } from '../body/decode-body.ts'
import { headerFields, type HeaderField } from '../header/header-fields.ts'
import type { MimePart } from '../mime-index.ts'
import { indexMessage } from '../structure/index-message.ts'
import { fieldsFixedBy } from './dkim-cover.ts'
import { Edits } from './edits.ts'
import { foldField } from './fold-field.ts'
import { hasLongLine } from './line-traits.ts'
import { encodeBase64, encodeQuotedPrintable } from './transfer-encode.ts'

/** `signed`: what would have to change is covered by a signature. `header`: it is in a header, which has no encoding. `structure`: it is in no part. */
export type Obstacle = 'signed' | 'header' | 'structure'

export type Sendable =
  | { readonly kind: 'message'; readonly content: Buffer }
  | { readonly kind: 'unsendable'; readonly obstacle: Obstacle }

export interface SendableOptions {
  /** The server takes octets beyond ASCII in bodies (8BITMIME, RFC 6152). */
  readonly allows8Bit: boolean
}

/**
 * A message in the form that a mail server takes: bodies with octets, NUL or lines that it need not take become quoted-printable (text) or base64
 * (RFC 2045 section 6), long header fields are folded, and what stands between parts and cannot go is left out. One turn: for 50 MB a second or so.
 * multipart/signed stays as it is (RFC 1847 section 2.1). A DKIM-Signature covers the bodies as well, and header fields whose folds it may leave open: it is
 * broken where a server takes 7 bits only, as other mail servers do, and for nothing else.
 */
export function makeSendable(message: Buffer, options: SendableOptions): Sendable {
  const { root, isTruncated } = indexMessage(message)
  // What lies beyond the limits is one opaque part to us, and more to others.
  if (isTruncated) return { kind: 'unsendable', obstacle: 'structure' }
  const maker = new SendableMaker(message, options)
  maker.convert(root)
  return maker.obstacle === undefined
    ? { kind: 'message', content: maker.edits.result() }
    : { kind: 'unsendable', obstacle: maker.obstacle }
}

/** What a signature forbids to change. */
type Guard = 'nothing' | 'dkim' | 'all'

interface Needs {
  readonly is8Bit: boolean
  /** Of NUL or long lines. */
  readonly isBroken: boolean
}

class SendableMaker {
  readonly edits: Edits
  obstacle: Obstacle | undefined
  readonly #message: Buffer
  readonly #allows8Bit: boolean

  constructor(message: Buffer, { allows8Bit }: SendableOptions) {
    this.#message = message
    this.#allows8Bit = allows8Bit
    this.edits = new Edits(message)
  }

  convert(root: MimePart): void {
    const signatures = this.#fieldsOf(root).filter(({ name }) => isNamed(name, 'dkim-signature'))
    const fixed = new Set(
      signatures.flatMap(({ valueStart, end }) =>
        fieldsFixedBy(this.#message.toString('latin1', valueStart, end)),
      ),
    )
    this.#convertHeader(root, (name) => fixed.has(name.toLowerCase()))
    this.#convertBody(root, signatures.length > 0 ? 'dkim' : 'nothing', true)
  }

  #convertPart(part: MimePart, guard: Guard, isRoot: boolean): void {
    this.#convertHeader(part, () => guard !== 'nothing')
    this.#convertBody(part, guard, isRoot)
  }

  #convertBody(part: MimePart, guard: Guard, isRoot: boolean): void {
    if (part.message !== null && isIdentity(part.encoding) && !this.#isEncodedWhole(part)) {
      this.#declareSevenBit(part, guard)
      this.#convertPart(part.message.root, guard, true)
    } else if (part.parts.length > 0) {
      this.#convertGaps(part, guard)
      this.#declareSevenBit(part, guard)
      const inner = part.subtype === 'signed' ? 'all' : guard
      for (const child of part.parts) this.#convertPart(child, inner, false)
    } else this.#convertLeaf(part, guard, isRoot)
  }

  /** RFC 6532 section 3.7: unlike message/rfc822, a message/global may be encoded, and what its header has in UTF-8 goes in no other way. */
  #isEncodedWhole({ subtype, bodyStart, bodyEnd }: MimePart): boolean {
    return subtype === 'global' && this.#needsOf(this.#message.subarray(bodyStart, bodyEnd)).is8Bit
  }

  /** `isFixed`: whether a signature covers the line ends of the fields with this name. */
  #convertHeader(part: MimePart, isFixed: (name: string) => boolean): void {
    for (const { name, start, end } of this.#fieldsOf(part)) {
      const field = this.#message.subarray(start, end)
      if (field.includes(0) || (!this.#allows8Bit && !isAscii(field))) this.#fail('header')
      if (!hasLongLine(field)) continue
      const folded = foldField(field)
      if (folded === undefined) this.#fail('header')
      else if (isFixed(name)) this.#fail('signed')
      else this.edits.replace(start, end, [folded])
    }
  }

  #convertLeaf(part: MimePart, guard: Guard, isRoot: boolean): void {
    const body = this.#message.subarray(part.bodyStart, part.bodyEnd)
    const needs = this.#needsOf(body)
    if (!needs.is8Bit && !needs.isBroken) {
      this.#declareSevenBit(part, guard)
      return
    }
    if (!this.#mayChange(needs, guard)) return
    const octets = decodeBody(this.#message, part)
    const isText = part.type === 'text' || part.type === 'message'
    const isQuotedPrintable = isText && part.encoding !== 'base64' && !octets.includes(0)
    const encoded = isQuotedPrintable ? encodeQuotedPrintable(octets) : encodeBase64(octets)
    this.edits.replace(part.bodyStart, part.bodyEnd, encoded)
    this.#declare(part, isQuotedPrintable ? 'quoted-printable' : 'base64')
    if (isRoot) this.#completeRoot(part, octets)
  }

  /** What stands before, between and behind the parts means nothing (RFC 2046 section 5.1.1): lines of it that cannot go are left out. */
  #convertGaps(part: MimePart, guard: Guard): void {
    let start = part.bodyStart
    for (const { headerStart, bodyEnd } of part.parts) {
      this.#convertGap(start, headerStart, guard)
      start = bodyEnd
    }
    this.#convertGap(start, part.bodyEnd, guard)
  }

  #convertGap(start: number, end: number, guard: Guard): void {
    const needs = this.#needsOf(this.#message.subarray(start, end))
    if ((!needs.is8Bit && !needs.isBroken) || !this.#mayChange(needs, guard)) return
    for (let at = start; at < end;) {
      const found = this.#message.indexOf('\n', at)
      const next = found === -1 || found >= end ? end : found + 1
      const line = this.#message.subarray(at, next)
      const { is8Bit, isBroken } = this.#needsOf(line)
      if (is8Bit || isBroken) {
        if (line.toString('latin1', 0, 2) === '--') this.#fail('structure')
        this.edits.replace(at, next, [])
      }
      at = next
    }
  }

  #needsOf(bytes: Buffer): Needs {
    const is8Bit = !this.#allows8Bit && !isAscii(bytes)
    return { is8Bit, isBroken: bytes.includes(0) || hasLongLine(bytes) }
  }

  #mayChange({ isBroken }: Needs, guard: Guard): boolean {
    const may = guard === 'nothing' || (guard === 'dkim' && !isBroken)
    if (!may) this.#fail('signed')
    return may
  }

  /** RFC 6152 section 3: a server that takes 7 bits only is told of no others. */
  #declareSevenBit(part: MimePart, guard: Guard): void {
    if (this.#allows8Bit || guard === 'all') return
    if (/^(?:8bit|binary)$/.test(part.encoding)) this.#declare(part, '7bit')
  }

  #declare(part: MimePart, encoding: string): void {
    const declared = `Content-Transfer-Encoding: ${encoding}\r\n`
    const fields = this.#fieldsOf(part)
    const before = fields.filter(({ name }) => isNamed(name, 'content-transfer-encoding'))
    const [first, ...others] = before
    if (first === undefined) this.edits.insert(endOf(fields, part), declared)
    else this.edits.replace(first.start, first.end, [Buffer.from(declared)])
    for (const { start, end } of others) this.edits.replace(start, end, [])
  }

  /** A text without MIME (RFC 5322 alone) that has an encoding now needs its fields. */
  #completeRoot(part: MimePart, octets: Buffer): void {
    const fields = this.#fieldsOf(part)
    const has = (wanted: string): boolean => fields.some(({ name }) => isNamed(name, wanted))
    const end = endOf(fields, part)
    if (!has('mime-version')) this.edits.insert(end, 'MIME-Version: 1.0\r\n')
    if (has('content-type') || isAscii(octets)) return
    // RFC 1428 section 3
    const charset = isUtf8(octets) ? 'utf-8' : 'unknown-8bit'
    this.edits.insert(end, `Content-Type: text/plain; charset=${charset}\r\n`)
  }

  #fieldsOf({ headerStart, bodyStart }: MimePart): HeaderField[] {
    return headerFields(this.#message, headerStart, bodyStart)
  }

  #fail(obstacle: Obstacle): void {
    this.obstacle ??= obstacle
  }
}

function isNamed(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted
}

function endOf(fields: readonly HeaderField[], part: MimePart): number {
  return fields.at(-1)?.end ?? part.headerStart
}

function isIdentity(encoding: string): boolean {
  return encoding !== 'base64' && encoding !== 'quoted-printable'
}
