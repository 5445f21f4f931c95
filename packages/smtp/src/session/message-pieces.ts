import { setImmediate as nextTurn } from 'node:timers/promises'

import { headBytes, type ReceivedContent } from './received-content.ts'

/** Copied in one turn of the event loop: one or two milliseconds, since memory is first touched here. */
const turnBytes = 1_048_576
/** What is smaller is copied at once, into Node's pool. */
const minOwnBytes = 65_536

/** A message in memory, in the pieces that it came in: of a large one a copy takes the event loop longer than a turn may, so there is one at most, in steps. */
export class MessagePieces implements ReceivedContent {
  readonly length: number
  readonly #pieces: readonly Buffer[]

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = pieces
    this.length = pieces.reduce((sum, { length }) => sum + length, 0)
  }

  get head(): Buffer {
    return this.slice(0, headBytes)
  }

  get hasNul(): boolean {
    return this.#pieces.some((piece) => piece.includes(0))
  }

  /** These bytes of it, in one piece: for a header, or what is around some place. */
  slice(start: number, end: number): Buffer {
    const parts: Buffer[] = []
    let at = 0
    for (const piece of this.#pieces) {
      if (at >= end) break
      if (at + piece.length > start) parts.push(piece.subarray(Math.max(0, start - at), end - at))
      at += piece.length
    }
    const [only] = parts
    return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts)
  }

  /** The message with another beginning in the place of its first bytes. Large ones are in memory of their own, in which nothing else is. */
  async withBeginning(beginning: readonly Uint8Array[], from: number): Promise<Buffer> {
    const added = beginning.reduce((sum, { length }) => sum + length, 0)
    const size = added + Math.max(0, this.length - from)
    const whole = size < minOwnBytes ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size)
    let filled = 0
    let left = turnBytes
    for (const part of this.#parts(beginning, from)) {
      if (left <= 0) {
        await nextTurn()
        left = turnBytes
      }
      whole.set(part, filled)
      filled += part.length
      left -= part.length
    }
    return whole
  }

  *#parts(beginning: readonly Uint8Array[], from: number): Generator<Uint8Array> {
    yield* beginning
    let skipped = from
    for (const piece of this.#pieces) {
      const part = piece.subarray(skipped)
      skipped = Math.max(0, skipped - piece.length)
      for (let at = 0; at < part.length; at += turnBytes) yield part.subarray(at, at + turnBytes)
    }
  }
}
