import type { IncomingMessage } from 'node:http'

import {
  hostFields,
  hostOfUrl,
  judgeHost,
  type HostVerdict,
  type HttpHostRules,
  type OriginVerdict,
} from '@gatepost/gate'
import type { FastifyRequest } from 'fastify'

import { closing } from './admission.ts'
import type { HttpClient } from './http-client.ts'
import { isHonestPath, type KnownPaths } from './known-paths.ts'
import { plainProblem } from './problem.ts'

export interface TargetRules {
  readonly rules: HttpHostRules
  /** Of the page behind the request. */
  readonly origin: OriginVerdict
  readonly paths: KnownPaths
}

/**
 * What a request is for, before a login and before anything of a body is read: a path that is here, on a host that is ours, not sent by a page of
 * somebody else. `preflight`: there is nothing more to it than its headers (CORS).
 * @throws ProblemError 404, 400, 421, 403, 405
 */
export function checkTarget(
  request: FastifyRequest,
  client: HttpClient,
  { rules, origin, paths }: TargetRules,
): 'go on' | 'preflight' {
  const { raw } = request
  const methods = paths.methodsOf(request.url)
  // What looks for something that is not here is told nothing else, whatever it comes with.
  if (request.is404 && methods === undefined && !isHonestPath(request.url))
    throw plainProblem(404, 'Not found', { headers: leavingBody(raw, client) })
  checkHost(raw, client, rules)
  if (origin.kind === 'foreign')
    throw plainProblem(403, 'Not from this origin', { headers: leavingBody(raw, client) })
  if (!request.is404) return 'go on'
  if (methods === undefined)
    throw plainProblem(404, 'Not found', { headers: leavingBody(raw, client) })
  if (raw.method === 'OPTIONS' && origin.kind === 'allowed') return 'preflight'
  const allow = { allow: methods, ...leavingBody(raw, client) }
  throw plainProblem(405, 'Method not allowed', { headers: allow })
}

function checkHost(raw: IncomingMessage, client: HttpClient, rules: HttpHostRules): void {
  const fields = hostFields(raw.rawHeaders)
  const [written] = fields
  // RFC 9112 section 3.2.2: it counts instead of the field.
  const inUrl = hostOfUrl(raw.url ?? '')
  const told = inUrl ?? (client.isProxied ? client.origin?.replace(/^\w+:\/\//, '') : written)
  const verdict: HostVerdict =
    // HTTP/1.0 has none; behind a proxy it is the proxy's.
    inUrl === undefined && fields.length === 0 && raw.httpVersion === '1.0'
      ? { kind: 'own' }
      : fields.length > 1
        ? { kind: 'malformed' }
        : judgeHost(told, rules)
  const headers = leavingBody(raw, client)
  if (verdict.kind === 'malformed')
    throw plainProblem(400, 'The Host header names no host', { headers })
  if (verdict.kind === 'foreign')
    throw plainProblem(421, 'This host is not served here', {
      detail: 'Its name belongs into http.hosts of the configuration',
      headers,
    })
}

/** Nobody reads a body that is not wanted: the connection ends with the answer, unless it is a proxy's. */
function leavingBody(
  { headers }: IncomingMessage,
  client: HttpClient,
): Readonly<Record<string, string>> {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers
  return length !== '0' || coding !== undefined ? closing(client) : {}
}
