import {
  CharsetDecoder,
  charsetLookBytes,
  cutToBytes,
  enoughFor,
  isKnownEncoding,
  type MimePart,
  partCharset,
} from '@gatepost/mime'

import { escaped, LongText, piecesOf, pieceLength } from '../json/long-text.ts'
import type { MessageSource } from './message-source.ts'

/** RFC 8621 section 4.1.4. */
export interface BodyValueView {
  readonly value: string | LongText
  readonly isEncodingProblem: boolean
  readonly isTruncated: boolean
}

/** `maxBytes` 0: all of it. Decodes no more than that takes. @throws BudgetExceeded, MailError */
export async function bodyValue(
  source: MessageSource,
  part: MimePart,
  maxBytes: number,
): Promise<BodyValueView> {
  const limit = maxBytes === 0 ? Infinity : maxBytes
  const { octets, isCut } = await octetsOf(source, part, limit)
  const decoder = new CharsetDecoder(partCharset(part, startOf(octets)))
  for (const [at, piece] of octets.entries()) {
    await source.budget.work(piece.length)
    decoder.look(piece, endOf(at, octets, isCut))
  }
  const text = new ValueText(source, limit)
  for (const [at, piece] of octets.entries()) {
    await source.budget.work(piece.length)
    const decoded = decoder.decode(piece, endOf(at, octets, isCut))
    if (!(await text.add(decoded))) break
  }
  const isTruncated = isCut || text.isFull
  return {
    value: text.value(isTruncated && part.subtype === 'html'),
    isEncodingProblem: decoder.isEncodingProblem || !isKnownEncoding(part.encoding),
    isTruncated,
  }
}

function endOf(at: number, octets: readonly Buffer[], isCut: boolean): 'no' | 'whole' | 'cut' {
  if (at < octets.length - 1) return 'no'
  return isCut ? 'cut' : 'whole'
}

/** As much as the charset of HTML is looked for in. */
function startOf(octets: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = []
  let length = 0
  for (const piece of octets) {
    if (length >= charsetLookBytes) break
    pieces.push(piece.subarray(0, charsetLookBytes))
    length += piece.length
  }
  return Buffer.concat(pieces)
}

/** Enough of a part for so many bytes of text. */
async function octetsOf(
  source: MessageSource,
  part: MimePart,
  limit: number,
): Promise<{ octets: Buffer[]; isCut: boolean }> {
  const enough = enoughFor(limit)
  let left = enough.octets
  let isCut = enough.rawBytes < part.bodyEnd - part.bodyStart
  const octets: Buffer[] = []
  for await (const piece of source.octets(part, enough.rawBytes)) {
    octets.push(piece.subarray(0, left))
    isCut ||= piece.length > left
    left -= piece.length
    if (left < 0) break
  }
  return { octets, isCut }
}

/** Text as it comes, cut between characters when it is enough; what is long is kept as it goes into the response. */
class ValueText {
  readonly #source: MessageSource
  #left: number
  readonly #written: Buffer[] = []
  #writtenBytes = 0
  /** The end, where a cut may still be made. */
  #held = ''
  isFull = false

  constructor(source: MessageSource, limit: number) {
    this.#source = source
    this.#left = limit
  }

  /** False: there is enough. @throws BudgetExceeded */
  async add(decoded: string): Promise<boolean> {
    // RFC 8621 section 4.1.4: CRLF is LF, and there is no other CR.
    const text = decoded.replaceAll(/[\r\0]/g, '')
    const kept = cutToBytes(text, this.#left)
    this.#left -= Buffer.byteLength(kept)
    this.isFull = kept.length < text.length
    this.#held += kept
    if (this.#held.length > 2 * pieceLength) await this.#write()
    return !this.isFull
  }

  value(isCutHtml: boolean): string | LongText {
    const rest = isCutHtml ? beforeOpenTag(this.#held) : this.#held
    if (this.#written.length === 0) return rest
    return new LongText([...this.#written, escaped(rest)])
  }

  async #write(): Promise<void> {
    const pieces = [...piecesOf(this.#held)]
    const last = pieces.pop() ?? ''
    for (const piece of pieces) {
      await this.#source.budget.work(piece.length)
      const bytes = escaped(piece)
      this.#writtenBytes += bytes.length
      this.#source.budget.require({ answer: this.#writtenBytes })
      this.#written.push(bytes)
    }
    this.#held = last
  }
}

/** RFC 8621 section 4.2: no cut inside a tag. */
function beforeOpenTag(html: string): string {
  const open = html.lastIndexOf('<')
  return open > html.lastIndexOf('>') ? html.slice(0, open) : html
}
