import { hostOfUrl } from '@gatepost/gate'
import type { AuthFailureLog, SecurityContext } from '@gatepost/security-crowdsec'

import { isHonestPath, withoutQuery } from './known-paths.ts'
import type { Abuse, Problem } from './problem.ts'

/** A look for what is not here, by somebody who has not logged in; undefined for what may happen to anybody. `url` is as the client sent it. */
export function scanIn(
  problem: Problem,
  { url, isLoggedIn }: { readonly url: string; readonly isLoggedIn: boolean },
): Abuse | undefined {
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
