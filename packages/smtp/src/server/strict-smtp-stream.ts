import { SMTPStream, type SMTPStreamOptions } from 'smtp-server/lib/smtp-stream'

import type { InputTurns } from './input-turns.ts'

/** Of a message: who sends larger ones does not wait for each. */
const maxPieceBytes = 16_384

/** Why the input cannot be read on. */
export class SmtpInputError extends Error {
  override readonly name = 'SmtpInputError'
}

export type StreamAbuse = 'starttls_injection' | 'tls_on_plain_port'

/**
 * smtp-server's parser, made strict: a command line ends with CRLF (RFC 5321 section 2.3.8), not with a bare LF, and
 * plaintext behind STARTTLS is noticed (RFC 3207 section 6; smtp-server itself throws it away).
 */
export class StrictSmtpStream extends SMTPStream {
  readonly #onAbuse: (kind: StreamAbuse) => void
  readonly #turns: () => InputTurns
  readonly #onPiece: () => void

  constructor(
    options: SMTPStreamOptions & {
      readonly turns: () => InputTurns
      /** A part of a command or of a message has come. */
      readonly onPiece: () => void
    },
    onAbuse: (kind: StreamAbuse) => void,
  ) {
    super(options)
    this.#turns = options.turns
    this.#onPiece = options.onPiece
    this.#onAbuse = onAbuse
  }

  override _write(
    chunk: Buffer,
    encoding: BufferEncoding | 'buffer',
    next: (error?: Error | null) => void,
  ): void {
    if (!this._dataMode && !this.isClosed) {
      // A TLS record (RFC 8446 section 5.1: handshake, version 3.x) in the place of a command.
      if (chunk[0] === 22 && chunk[1] === 3 && this._remainder === '') {
        this.#onAbuse('tls_on_plain_port')
        next(new SmtpInputError('5.5.1 TLS begins with STARTTLS here'))
        return
      }
      if (hasBareLineFeed(chunk, this._remainder.endsWith('\r'))) {
        next(new SmtpInputError('5.5.2 Lines must end with CRLF'))
        return
      }
      if (/(?:^|\n)STARTTLS\s*\r\n[^]/i.test(this._remainder + chunk.toString('latin1', 0, 4096)))
        this.#onAbuse('starttls_injection')
    }
    super._write(
      chunk,
      encoding,
      // What has failed waits for no turn.
      (error) => {
        if (error) {
          next(error)
          return
        }
        if (this._dataMode ? chunk.length < maxPieceBytes : this._remainder !== '') this.#onPiece()
        this.#turns().came(chunk.length, next)
      },
    )
  }

  /** The client has gone: what it has begun to say is no command (RFC 5321 section 2.3.8), and half a password no failed login. */
  override _flushData(): void {
    this._remainder = ''
  }
}

function hasBareLineFeed(chunk: Buffer, isBehindCarriageReturn: boolean): boolean {
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) {
    if (at === 0 ? !isBehindCarriageReturn : chunk[at - 1] !== 13) return true
  }
  return false
}
