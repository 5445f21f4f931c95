import type { Evidence } from '@gatepost/auth'

import { parseBasicCredentials } from './basic-credentials.ts'

/** What a request logs in with. Undefined: malformed, or in a scheme that is not known. */
export function readAuthorization(authorization: string): Evidence | undefined {
  // RFC 6750 section 2.1.
  const token = /^bearer +([A-Za-z0-9._~+/-]{1,8192}={0,2}) *$/i.exec(authorization)?.[1]
  if (token !== undefined) return { kind: 'token', user: '', token, mechanism: 'BEARER' }
  const credentials = parseBasicCredentials(authorization)
  return credentials === undefined
    ? undefined
    : { kind: 'password', ...credentials, mechanism: 'BASIC' }
}
