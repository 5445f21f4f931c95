import { MailError, type MailErrorKind } from '@gatepost/core'

/** A MailError as plain data: class instances do not survive the way between threads. */
export interface WireError {
  readonly kind: MailErrorKind
  readonly code: string
  readonly message: string
  readonly publicText: string
  readonly fields: Readonly<Record<string, string | number | boolean>>
  /** Of an error that nobody expected. */
  readonly stack?: string
}

export function toWire(error: unknown): WireError {
  if (error instanceof MailError) {
    const { kind, code, message, publicText, fields } = error
    return { kind, code, message, publicText, fields }
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return {
    kind: 'failed',
    code: 'store.failed',
    message,
    publicText: 'The store failed',
    fields: {},
    ...(stack === undefined ? {} : { stack }),
  }
}

export function fromWire(wire: WireError): MailError {
  const cause = wire.stack === undefined ? undefined : new Error(wire.stack)
  return new MailError(wire.kind, wire.code, wire.message, {
    publicText: wire.publicText,
    fields: wire.fields,
    ...(cause === undefined ? {} : { cause }),
  })
}

// https://sqlite.org/rescode.html: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN
const passing = new Set([5, 6, 7, 8, 10, 13, 14])

/** The database cannot write now (disk full, I/O error, another process holds it), but may later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  return typeof error.errcode === 'number' && passing.has(error.errcode & 0xff)
}
