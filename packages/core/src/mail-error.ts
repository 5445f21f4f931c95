/**
 * What a failure means to the one who asked. Each protocol maps it to its own reply in one place.
 * - `invalid`: the request can never succeed as it is
 * - `denied`: not allowed
 * - `notFound`: what it names does not exist
 * - `conflict`: the state it expects is not the state there is, or the name is taken
 * - `limit`: over a quota or a limit of size, count or depth
 * - `busy`: out of a resource for now; the same request may succeed later
 * - `failed`: something broke on our side
 */
export type MailErrorKind =
  | 'invalid'
  | 'denied'
  | 'notFound'
  | 'conflict'
  | 'limit'
  | 'busy'
  | 'failed'

export interface MailErrorOptions {
  /** For the wire: no secrets, no internals, printable ASCII, one line. */
  readonly publicText?: string
  /** For the log and for tests. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>
  readonly cause?: unknown
}

/** An expected failure. `message` is for the log, `publicText` for the wire. */
export class MailError extends Error {
  override readonly name: string = 'MailError'
  /** Stable and greppable, such as `mailbox.exists`. */
  readonly code: string
  readonly kind: MailErrorKind
  readonly publicText: string
  readonly fields: Readonly<Record<string, string | number | boolean>>

  constructor(kind: MailErrorKind, code: string, message: string, options: MailErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.publicText = options.publicText ?? message
    this.fields = options.fields ?? {}
  }
}
