import type { IncomingMessage } from 'node:http'

import { judgeOrigin, type HttpHostRules, type OriginVerdict } from '@gatepost/gate'
import type { FastifyReply } from 'fastify'

/** What a page may read of an answer besides what Fetch allows always. */
const exposed = 'Content-Disposition, Content-Length, Retry-After, WWW-Authenticate'
/** Last-Event-ID and Cache-Control: of event sources that are read with fetch, since an EventSource sends no password. */
const sentHeaders = 'Authorization, Content-Type, Last-Event-ID, Cache-Control'
/** No browser keeps the answer to a preflight for longer than Chromium: two hours. */
const maxAgeSeconds = 7200

/**
 * Judges the page behind a request, and tells its browser what the page may read (CORS, as Fetch has it): of every answer from here on, so that a page sees
 * why it was refused. `own`: where the client sees us.
 */
export function answerOrigin(
  { headers, method = '' }: IncomingMessage,
  reply: FastifyReply,
  own: string | undefined,
  rules: HttpHostRules,
): OriginVerdict {
  const verdict = judgeOrigin(
    {
      method,
      origin: headers.origin,
      fetchSite: fieldOf(headers['sec-fetch-site']),
      fetchMode: fieldOf(headers['sec-fetch-mode']),
    },
    own,
    rules,
  )
  // Also of what no page asked for: it may be kept, and a page may ask for it later.
  void reply.header('vary', 'Origin')
  if (verdict.kind !== 'allowed') return verdict
  // Without Access-Control-Allow-Credentials: a page sends its own Authorization, not what the browser remembers.
  void reply.headers({
    'access-control-allow-origin': verdict.origin,
    'access-control-expose-headers': exposed,
  })
  if (method === 'OPTIONS')
    void reply.headers({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': sentHeaders,
      'access-control-max-age': String(maxAgeSeconds),
    })
  return verdict
}

function fieldOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
