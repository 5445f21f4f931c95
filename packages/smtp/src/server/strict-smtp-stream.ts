import { SMTPStream, type SMTPStreamOptions } from 'smtp-server/lib/smtp-stream'

/** Why the input can not be read on. */
export class SmtpInputError extends Error {
  override readonly name = 'SmtpInputError'
}

/**
 * smtp-server's parser, made strict: a command line ends with CRLF (RFC 5321 section 2.3.8), not with a bare LF, and
 * plaintext behind STARTTLS is noticed (RFC 3207 section 6; smtp-server itself throws it away).
 */
export class StrictSmtpStream extends SMTPStream {
  readonly #onInjection: () => void

  constructor(options: SMTPStreamOptions, onInjection: () => void) {
    super(options)
    this.#onInjection = onInjection
  }

  override _write(
    chunk: Buffer,
    encoding: BufferEncoding | 'buffer',
    next: (error?: Error | null) => void,
  ): void {
    if (!this._dataMode && !this.isClosed) {
      if (hasBareLineFeed(chunk, this._remainder.endsWith('\r'))) {
        next(new SmtpInputError('5.5.2 Lines must end with CRLF'))
        return
      }
      if (/(?:^|\n)STARTTLS\s*\r\n[^]/i.test(this._remainder + chunk.toString('latin1', 0, 4096)))
        this.#onInjection()
    }
    super._write(chunk, encoding, next)
  }
}

function hasBareLineFeed(chunk: Buffer, isBehindCarriageReturn: boolean): boolean {
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) {
    if (at === 0 ? !isBehindCarriageReturn : chunk[at - 1] !== 13) return true
  }
  return false
}
