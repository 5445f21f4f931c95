import { oneLine } from '../grammar/reply-text.ts'

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** What a report may say of each failure: the system's own message names the address that was connected to. */
const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  EPIPE: 'connection lost',
  ECONNECTION: 'connection lost',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the host',
  ENOTFOUND: 'host not found',
  EDNS: 'host not found',
  ETLS: 'TLS failed',
  EAUTH: 'login failed',
  ESOCKET: 'connection failed',
}

/** Of the other server's words, or in ours. */
export function reasonOf(error: unknown): string {
  const response =
    error instanceof Error && 'response' in error && typeof error.response === 'string'
      ? error.response
      : ''
  if (response !== '') return oneLine(response)
  const cause =
    error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined
  const codes = [systemCodeIn(error), cause, codeOf(error)]
  const known = codes.map((code) => failures[String(code)]).find((words) => words !== undefined)
  return known ?? 'connection failed'
}

/** nodemailer wraps a system error in one with a code of its own: the message still begins with what failed. */
function systemCodeIn(error: unknown): string | undefined {
  return error instanceof Error ? /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1] : undefined
}
