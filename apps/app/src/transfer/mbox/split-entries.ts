import { maxMessageBytes, type ReceivedTime } from '../mail-item.ts'
import type { RawEntry } from './entry.ts'
import { type FromLine, parseFromLine } from './from-line.ts'

const newline = 10
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const firstOfFrom = 'F'.charCodeAt(0)
/** Of a line that is held until it ends. */
const maxHeldBytes = 1_048_576
/** What an entry is put together in. */
const firstBlockBytes = 4_096
const blockBytes = 1_048_576
/** A line that is longer is no From_ line, whatever it begins with. */
const maxFromLine = 1_000

export type SplitEntry =
  | (RawEntry & {
      readonly kind: 'entry'
      readonly bytes: number
      /** Nothing but the end of the file ends it. */
      readonly isLast: boolean
    })
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** Text in front of the first entry; empty lines there are nothing. */
  | { readonly kind: 'stray'; readonly bytes: number }

/** The entries of an mbox, one at a time: what is in memory is the largest of them. */
export async function* splitEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<SplitEntry> {
  const lines = new LineSplitter()
  const separators = new SeparatorFinder()
  const entries = new EntryCollector()
  for await (const chunk of chunks)
    for (const line of lines.push(chunk))
      for (const separated of separators.push(line)) yield* entries.push(separated)
  for (const line of lines.end())
    for (const separated of separators.push(line)) yield* entries.push(separated)
  for (const separated of separators.end()) yield* entries.push(separated)
  yield* entries.end(true)
}

class EntryCollector {
  #entry: OpenEntry | undefined
  #strayBytes = 0;

  *push({ line, separator }: SeparatedLine): Generator<SplitEntry, undefined> {
    if (separator === undefined) {
      if (this.#entry !== undefined) this.#entry.add(line)
      else if (!isEmptyLine(line)) this.#strayBytes += line.length
      return
    }
    yield* this.end(false)
    this.#entry = new OpenEntry(separator.received, line.length)
  }

  *end(isLast: boolean): Generator<SplitEntry, undefined> {
    if (this.#entry !== undefined) yield this.#entry.close(isLast)
    else if (this.#strayBytes > 0) yield { kind: 'stray', bytes: this.#strayBytes }
  }
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
class SeparatorFinder {
  #held: HeldLine | undefined
  #before: Buffer | undefined;

  *push(piece: Buffer): Generator<SeparatedLine, undefined> {
    const before = this.#before
    const line = before === undefined ? withoutMark(piece) : piece
    if (this.#held !== undefined) yield released(this.#held, line)
    const isLineStart = before === undefined || before.at(-1) === newline
    const from = isLineStart ? fromLine(line) : undefined
    const isAfterEmpty = before === undefined || isEmptyLine(before)
    this.#held = from === undefined ? undefined : { line, from, isAfterEmpty }
    this.#before = line
    if (from === undefined) yield { line, separator: undefined }
  }

  *end(): Generator<SeparatedLine, undefined> {
    if (this.#held !== undefined) yield released(this.#held, undefined)
  }
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

/** Lines are put together at once: a buffer for each would take a hundred times the memory of an empty one. */
class OpenEntry {
  readonly #received: ReceivedTime | undefined
  #bytes: number
  readonly #blocks: Buffer[] = []
  #block = Buffer.alloc(0)
  #filled = 0
  #last: Buffer | undefined
  #isLastWhole = true

  constructor(received: ReceivedTime | undefined, bytes: number) {
    this.#received = received
    this.#bytes = bytes
  }

  add(line: Buffer): void {
    this.#bytes += line.length
    if (this.#bytes > maxMessageBytes) {
      this.#blocks.length = 0
      return
    }
    this.#isLastWhole = this.#last === undefined || this.#last.at(-1) === newline
    this.#last = line
    if (line.length > this.#block.length - this.#filled) this.#begin(line.length)
    this.#filled += line.copy(this.#block, this.#filled)
  }

  close(isLast: boolean): SplitEntry {
    const bytes = this.#bytes
    if (bytes > maxMessageBytes) return { kind: 'tooLarge', bytes }
    this.#begin(0)
    const text = Buffer.concat(this.#blocks)
    // An empty line parts it from the next one.
    const last = this.#last
    const isParted = last !== undefined && this.#isLastWhole && isEmptyLine(last)
    const end = isParted ? text.length - last.length : text.length
    return { kind: 'entry', received: this.#received, text: text.subarray(0, end), bytes, isLast }
  }

  #begin(bytes: number): void {
    if (this.#filled > 0) this.#blocks.push(this.#block.subarray(0, this.#filled))
    // Most messages are small.
    const size = Math.min(blockBytes, Math.max(firstBlockBytes, this.#block.length * 2))
    this.#block = Buffer.allocUnsafe(bytes === 0 ? 0 : Math.max(size, bytes))
    this.#filled = 0
  }
}

/** Lines with their ends; the last one may have none. A line that is very long comes in pieces. */
class LineSplitter {
  #begun: Buffer[] = []
  #begunBytes = 0;

  *push(chunk: Buffer): Generator<Buffer, undefined> {
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const rest = chunk.subarray(from, at + 1)
      yield this.#begun.length === 0 ? rest : Buffer.concat([...this.#begun, rest])
      this.#forget()
      from = at + 1
    }
    if (from === chunk.length) return
    this.#begun.push(chunk.subarray(from))
    this.#begunBytes += chunk.length - from
    if (this.#begunBytes >= maxHeldBytes) yield* this.end()
  }

  *end(): Generator<Buffer, undefined> {
    if (this.#begun.length > 0) yield Buffer.concat(this.#begun)
    this.#forget()
  }

  #forget(): void {
    if (this.#begun.length > 0) this.#begun = []
    this.#begunBytes = 0
  }
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
