export interface FramerLimits {
  /** All lines of one command together, without its literals. */
  readonly maxCommandBytes: number
  readonly maxLiterals: number
}

export type Frame =
  /** A command is complete. In `line` each literal stands as `{n}` CRLF; one character for each byte. Empty literals are not in `literals`. */
  | { readonly kind: 'command'; readonly line: string; readonly literals: Buffer[] }
  /** A literal is announced: `acceptLiteral`, `passLiteral` or `refuseLiteral` has to follow. A synchronising client waits for `+`. */
  | {
      readonly kind: 'literal'
      readonly line: string
      readonly sizeBytes: number
      readonly isSynchronising: boolean
    }
  /** Of a literal that `passLiteral` was said to. */
  | { readonly kind: 'piece'; readonly bytes: Buffer }
  /** Over a limit. Where the next command starts cannot be known any more: the connection has to end. */
  | TooLong
export interface TooLong {
  readonly kind: 'tooLong'
}

const lf = 10
const cr = 13
const tooLong: TooLong = { kind: 'tooLong' }
// RFC 3501 section 4.3, RFC 7888 (`+`).
const literalAtEnd = /\{(\d{1,10})(\+?)\}$/

/** Cuts a stream of bytes into commands. Knows no socket: bytes go in with `push`, frames come out of `next`. */
export class CommandFramer {
  readonly #limits: FramerLimits
  #buffer: Buffer = Buffer.alloc(0)
  /** Bytes of the buffer in which there is no line end. */
  #scanned = 0
  #line = ''
  #literals: Buffer[] = []
  #literalCount = 0
  #announced: { readonly size: number; readonly isSynchronising: boolean } | undefined
  #filling: { readonly bytes: Buffer; filled: number } | undefined
  /** A literal whose bytes are handed on. */
  #passing: { readonly marker: Buffer; left: number } | undefined
  #skipBytes = 0
  /** The client does not wait for our answer: what is left of its command is thrown away. */
  #isRefused = false

  constructor(limits: FramerLimits) {
    this.#limits = limits
  }

  /** Bytes waiting to be looked at. */
  get bufferedBytes(): number {
    return this.#buffer.length
  }

  push(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
  }

  /** Undefined: needs more bytes. */
  next(): Frame | undefined {
    for (;;) {
      const piece = this.#takePiece()
      if (piece !== undefined) return piece
      if (!this.#takeLiteral()) return undefined
      const text = this.#takeLine()
      if (text === undefined) return this.#isOver(this.#scanned) ? tooLong : undefined
      if (this.#isOver(text.length)) return tooLong
      const frame = this.#frameOf(text)
      if (frame !== undefined) return frame
    }
  }

  /** A bare line, as in AUTHENTICATE and IDLE, where `{5}` is no literal. Undefined: needs more bytes. */
  nextLine(): string | TooLong | undefined {
    const text = this.#takeLine()
    return this.#isOver(text?.length ?? this.#scanned) ? tooLong : text
  }

  acceptLiteral(): void {
    const size = this.#announced?.size ?? 0
    this.#announced = undefined
    if (size > 0) this.#filling = { bytes: Buffer.allocUnsafeSlow(size), filled: 0 }
  }

  /** Its bytes come as pieces and are not kept; `marker` stands for it among the literals of the command. */
  passLiteral(marker: Buffer): void {
    const left = this.#announced?.size ?? 0
    this.#announced = undefined
    if (left > 0) this.#passing = { marker, left }
  }

  /** A client that waits for `+` takes our answer to its command instead; one that does not wait sends the literal anyway, and it is skipped. */
  refuseLiteral(): void {
    const announced = this.#announced
    this.#startCommand()
    if (announced === undefined || announced.isSynchronising) return
    this.#isRefused = true
    this.#skipBytes = announced.size
  }

  /** Forgets everything that came (RFC 3501 section 6.2.1: nothing sent before the TLS handshake counts after it). Answers how many bytes that were. */
  discard(): number {
    const { length } = this.#buffer
    this.#consume(length)
    this.#startCommand()
    return length
  }

  #takePiece(): Frame | undefined {
    const passing = this.#passing
    if (passing === undefined || this.#buffer.length === 0) return undefined
    const bytes = this.#buffer.subarray(0, passing.left)
    this.#consume(bytes.length)
    passing.left -= bytes.length
    if (passing.left === 0) {
      this.#literals.push(passing.marker)
      this.#passing = undefined
    }
    return { kind: 'piece', bytes }
  }

  /** False while bytes of a literal are missing. */
  #takeLiteral(): boolean {
    if (this.#passing !== undefined) return false
    const skipped = Math.min(this.#skipBytes, this.#buffer.length)
    if (skipped > 0) this.#consume(skipped)
    this.#skipBytes -= skipped
    if (this.#skipBytes > 0) return false
    const filling = this.#filling
    if (filling === undefined) return true
    const copied = this.#buffer.copy(filling.bytes, filling.filled)
    this.#consume(copied)
    filling.filled += copied
    if (filling.filled < filling.bytes.length) return false
    this.#literals.push(filling.bytes)
    this.#filling = undefined
    return true
  }

  #takeLine(): string | undefined {
    const end = this.#buffer.indexOf(lf, this.#scanned)
    if (end === -1) {
      this.#scanned = this.#buffer.length
      return undefined
    }
    const hasCr = end > 0 && this.#buffer[end - 1] === cr
    const line = this.#buffer.toString('latin1', 0, hasCr ? end - 1 : end)
    this.#consume(end + 1)
    return line
  }

  #frameOf(text: string): Frame | undefined {
    const line = this.#line + text
    const announced = literalAtEnd.exec(text)
    if (announced !== null) return this.#announce(line, announced)
    const literals = this.#literals
    const isRefused = this.#isRefused
    this.#startCommand()
    return isRefused ? undefined : { kind: 'command', line, literals }
  }

  #announce(line: string, [marker, digits, plus]: RegExpExecArray): Frame | undefined {
    const size = Number(digits)
    const isSynchronising = plus === ''
    if (this.#isRefused) {
      // A client that waits for `+` here has our answer already, and starts its next command.
      if (isSynchronising) this.#startCommand()
      else this.#skipBytes = size
      return undefined
    }
    this.#literalCount += 1
    if (this.#literalCount > this.#limits.maxLiterals) return tooLong
    this.#announced = { size, isSynchronising }
    this.#line = `${line.slice(0, line.length - marker.length)}{${size}}\r\n`
    return { kind: 'literal', line, sizeBytes: size, isSynchronising }
  }

  #isOver(length: number): boolean {
    return this.#line.length + length > this.#limits.maxCommandBytes
  }

  #startCommand(): void {
    this.#line = ''
    this.#literals = []
    this.#literalCount = 0
    this.#announced = undefined
    this.#filling = undefined
    this.#passing = undefined
    this.#skipBytes = 0
    this.#isRefused = false
  }

  #consume(bytes: number): void {
    this.#buffer = this.#buffer.subarray(bytes)
    this.#scanned = 0
  }
}
