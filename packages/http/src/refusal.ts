import { STATUS_CODES } from 'node:http'

import type { RefusalReason } from '@gatepost/gate'

/** A whole HTTP/1.1 response for a client that is not let in. */
export function httpRefusal(reason: RefusalReason): string {
  if (reason.kind === 'ban') return problemResponse(403, 'Your address is blocked')
  const title = reason.kind === 'busy' ? 'Too many connections' : 'Not available'
  return problemResponse(503, title, ['Retry-After: 60'])
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
