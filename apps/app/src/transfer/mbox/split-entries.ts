import { maxMessageBytes } from '../mail-item.ts'
import type { RawEntry } from './entry.ts'
import { parseFromLine } from './from-line.ts'

const newline = 10
const firstOfFrom = 'F'.charCodeAt(0)
/** A line that is longer is no From_ line, whatever it begins with. */
const maxFromLine = 1_000

export type SplitEntry =
  | (RawEntry & { readonly kind: 'entry'; readonly bytes: number })
  | { readonly kind: 'tooLarge'; readonly bytes: number }

/** The entries of an mbox, one at a time: what is in memory is the largest of them. What comes before the first From_ line is nobody's. */
export async function* splitEntries(chunks: AsyncIterable<Buffer>): AsyncGenerator<SplitEntry> {
  let entry: OpenEntry | undefined
  for await (const line of linesOf(chunks)) {
    const at = fromLineTime(line)
    if (at === undefined) {
      entry?.add(line)
      continue
    }
    if (entry !== undefined) yield entry.close()
    entry = new OpenEntry(at, line.length)
  }
  if (entry !== undefined) yield entry.close()
}

class OpenEntry {
  readonly #at: number
  #bytes: number
  #lines: Buffer[] = []

  constructor(at: number, bytes: number) {
    this.#at = at
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
    const last = this.#lines.at(-1)
    if (last !== undefined && isEmptyLine(last)) this.#lines.pop()
    return { kind: 'entry', at: this.#at, text: Buffer.concat(this.#lines), bytes }
  }
}

/** Lines with their ends; the last one may have none. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      const rest = chunk.subarray(from, at + 1)
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest])
      begun = []
      from = at + 1
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
  }
  if (begun.length > 0) yield Buffer.concat(begun)
}

function fromLineTime(line: Buffer): number | undefined {
  if (line[0] !== firstOfFrom || line.length > maxFromLine) return undefined
  return parseFromLine(line.toString('latin1').replace(/\r?\n$/, ''))
}

function isEmptyLine(line: Buffer): boolean {
  return line.length <= 2 && /^\r?\n$/.test(line.toString('latin1'))
}
