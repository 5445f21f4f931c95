import { isUtf8 } from 'node:buffer'

export interface BasicCredentials {
  readonly user: string
  readonly password: string
}

/** RFC 7617 section 2, in UTF-8 (section 2.1). Undefined: malformed. */
export function parseBasicCredentials(authorization: string): BasicCredentials | undefined {
  const token = /^basic +([A-Za-z0-9+/]{1,8192}={0,2}) *$/i.exec(authorization)?.[1]
  if (token === undefined) return undefined
  const bytes = Buffer.from(token, 'base64')
  if (!isUtf8(bytes)) return undefined
  const text = bytes.toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || /\p{Cc}/u.test(text)) return undefined
  return { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
