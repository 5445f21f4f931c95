import { STATUS_CODES } from 'node:http'

import type { RefusalReason } from '@gatepost/gate'

/** A whole HTTP/1.1 response for a client that is not let in. */
export function httpRefusal(reason: RefusalReason): string {
  const status = reason.kind === 'ban' ? 403 : 503
  const title = reason.kind === 'ban' ? 'Your address is blocked' : 'Too many connections'
  return problemResponse(status, title, reason.kind === 'busy' ? ['Retry-After: 60'] : [])
}

export function problemResponse(
  status: number,
  title: string,
  headers: readonly string[] = [],
): string {
  const body = JSON.stringify({ type: 'about:blank', status, title })
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
