import { hostOfUrl } from '@gatepost/gate'
import type { AuthFailureLog, JmapAbuseKind, SecurityContext } from '@gatepost/security-crowdsec'

import type { Problem } from '../protocol/problem.ts'
import { isHonestPath, withoutQuery } from './known-paths.ts'

interface Abuse {
  readonly kind: JmapAbuseKind
  readonly detail: string
}

/** What a refused request says about its sender; undefined for what may happen to anybody. `url` is as the client sent it. */
export function abuseIn(
  problem: Problem,
  request: { readonly url: string; readonly isLoggedIn: boolean },
): Abuse | undefined {
  const kind = problem.type.split(':').at(-1)
  if (kind === 'limit') return { kind: 'limit', detail: problem.limit ?? '' }
  if (kind === 'notJSON' || kind === 'notRequest') return { kind: 'malformed', detail: kind }
  const { url, isLoggedIn } = request
  const isMissing = problem.status === 404 && !isHonestPath(url)
  // Somebody else's site is asked of us: a look for an open proxy.
  const isElsewhere = problem.status === 421 && hostOfUrl(url) !== undefined
  const isScan = !isLoggedIn && (isMissing || isElsewhere)
  return isScan ? { kind: 'path_scan', detail: withoutQuery(url) } : undefined
}

/** The event for bytes that were no request, or for one that did not come to its end. `code` is Node's. */
export function reportBadClient(
  security: Pick<AuthFailureLog, 'jmapAbuse' | 'slowClient'>,
  context: SecurityContext,
  code: string,
): void {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') security.slowClient(context, { kind: 'request' })
  else if (code.startsWith('HPE_')) security.jmapAbuse(context, { kind: 'malformed', detail: code })
}
