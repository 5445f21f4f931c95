import { maxMessageBytes, type ReceivedTime } from '../mail-item.ts'
import type { RawEntry } from './entry.ts'
import { type FromLine, parseFromLine } from './from-line.ts'

const newline = 10
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const firstOfFrom = 'F'.charCodeAt(0)
/** Of a line that is held until it ends. */
const maxHeldBytes = 1_048_576
/** A line that is longer is no From_ line, whatever it begins with. */
const maxFromLine = 1_000

export type SplitEntry =
  | (RawEntry & { readonly kind: 'entry'; readonly bytes: number })
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** Text in front of the first entry; empty lines there are nothing. */
  | { readonly kind: 'stray'; readonly bytes: number }

/** The entries of an mbox, one at a time: what is in memory is the largest of them. */
export async function* splitEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<SplitEntry> {
  let entry: OpenEntry | undefined
  let strayBytes = 0
  for await (const { line, separator } of separatedLines(chunks)) {
    if (separator === undefined) {
      if (entry !== undefined) entry.add(line)
      else if (!isEmptyLine(line)) strayBytes += line.length
      continue
    }
    if (entry !== undefined) yield entry.close()
    else if (strayBytes > 0) yield { kind: 'stray', bytes: strayBytes }
    entry = new OpenEntry(separator.received, line.length)
  }
  if (entry !== undefined) yield entry.close()
  else if (strayBytes > 0) yield { kind: 'stray', bytes: strayBytes }
}

interface SeparatedLine {
  readonly line: Buffer
  /** Of a line that begins an entry. */
  readonly separator: FromLine | undefined
}

/**
 * Many a text begins a line with `From `, and not every program quotes it. A line begins an entry when the line before is empty and the next one looks
 * like a header. With a date, one of the two may be missing: for the header an empty line follows then, and the message has none.
 */
async function* separatedLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<SeparatedLine> {
  let held: HeldLine | undefined
  let before: Buffer | undefined
  for await (const piece of linesOf(chunks)) {
    const line = before === undefined ? withoutMark(piece) : piece
    if (held !== undefined) yield released(held, line)
    const isLineStart = before === undefined || before.at(-1) === newline
    const from = isLineStart ? fromLine(line) : undefined
    const isAfterEmpty = before === undefined || isEmptyLine(before)
    held = from === undefined ? undefined : { line, from, isAfterEmpty }
    if (held === undefined) yield { line, separator: undefined }
    before = line
  }
  if (held !== undefined) yield released(held, undefined)
}

interface HeldLine {
  readonly line: Buffer
  readonly from: FromLine
  readonly isAfterEmpty: boolean
}

function released({ line, from, isAfterEmpty }: HeldLine, next: Buffer | undefined): SeparatedLine {
  const isBeforeHeader = next !== undefined && looksLikeHeader(next)
  const isBeforeEmpty = next === undefined || isEmptyLine(next)
  const isEntry =
    from.received === undefined
      ? isAfterEmpty && isBeforeHeader
      : isBeforeHeader || (isAfterEmpty && isBeforeEmpty)
  return { line, separator: isEntry ? from : undefined }
}

class OpenEntry {
  readonly #received: ReceivedTime | undefined
  #bytes: number
  #lines: Buffer[] = []

  constructor(received: ReceivedTime | undefined, bytes: number) {
    this.#received = received
    this.#bytes = bytes
  }

  add(line: Buffer): void {
    this.#bytes += line.length
    if (this.#bytes > maxMessageBytes) this.#lines = []
    else this.#lines.push(line)
  }

  close(): SplitEntry {
    const bytes = this.#bytes
    if (bytes > maxMessageBytes) return { kind: 'tooLarge', bytes }
    // An empty line parts it from the next one.
    const [last, before] = [this.#lines.at(-1), this.#lines.at(-2)]
    const isLine = before === undefined || before.at(-1) === newline
    if (last !== undefined && isLine && isEmptyLine(last)) this.#lines.pop()
    return { kind: 'entry', received: this.#received, text: Buffer.concat(this.#lines), bytes }
  }
}

/** Lines with their ends; the last one may have none. A line that is very long comes in pieces. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  let begunBytes = 0
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const rest = chunk.subarray(from, at + 1)
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest])
      begun = []
      begunBytes = 0
      from = at + 1
    }
    if (from === chunk.length) continue
    begun.push(chunk.subarray(from))
    begunBytes += chunk.length - from
    if (begunBytes < maxHeldBytes) continue
    yield Buffer.concat(begun)
    begun = []
    begunBytes = 0
  }
  if (begun.length > 0) yield Buffer.concat(begun)
}

function fromLine(line: Buffer): FromLine | undefined {
  if (line[0] !== firstOfFrom || line.length > maxFromLine) return undefined
  return parseFromLine(line.toString('latin1').replace(/\r?\n$/, ''))
}

/** A field's name with its colon; some programs leave a `>From ` line in front of the fields. */
function looksLikeHeader(line: Buffer): boolean {
  return /^(?:[!-9;-~]{1,100}[ \t]*:|>?From )/.test(line.toString('latin1', 0, 200))
}

function isEmptyLine(line: Buffer): boolean {
  return line.length <= 2 && /^\r?\n$/.test(line.toString('latin1'))
}

function withoutMark(line: Buffer): Buffer {
  return line.subarray(0, 3).equals(byteOrderMark) ? line.subarray(3) : line
}
