import type { ServedPath } from '@gatepost/http'

export const servedPaths: readonly ServedPath[] = [
  { path: /^\/(?:\.well-known\/jmap|jmap\/session)?$/, allow: 'GET, HEAD' },
  { path: /^\/jmap\/(?:eventsource|ws)\/$/, allow: 'GET, HEAD' },
  { path: /^\/jmap\/download\/[^/]+\/[^/]+\/[^/]*$/, allow: 'GET, HEAD' },
  { path: /^\/jmap\/api$/, allow: 'POST' },
  { path: /^\/jmap\/upload\/[^/]+\/$/, allow: 'POST' },
]
