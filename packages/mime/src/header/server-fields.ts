import { authservId, chainedAuthservId } from './authserv-id.ts'
import { rawValue, type HeaderField } from './header-fields.ts'

const written = new Set(['return-path', 'delivered-to'])
/** RFC 5322 section 3.6.3: who has a blind copy is nobody's business. Content-Length is of mbox files: some readers would cut the body by it. */
const privateFields = new Set(['bcc', 'resent-bcc', 'content-length'])

/**
 * A field that only the server that delivers may have written: Return-Path (RFC 5321 section 4.4), Delivered-To, and Authentication-Results under our name
 * (RFC 8601 section 5), which whoever reads mail here believes; so too with the results of a chain (RFC 8617 section 4.1.1).
 */
export function isOwnTrace(
  content: Uint8Array,
  field: HeaderField,
  { hostname }: { readonly hostname: string },
): boolean {
  const name = field.name.toLowerCase()
  if (written.has(name)) return true
  const isChained = name === 'arc-authentication-results'
  if (!isChained && name !== 'authentication-results') return false
  const value = rawValue(content, field)
  return (
    withoutRootDot(isChained ? chainedAuthservId(value) : authservId(value)) ===
    withoutRootDot(hostname.toLowerCase())
  )
}

/** `mail.example.test.` is the same host, written out to the root. */
function withoutRootDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** A field that a message of our own user does not leave with: private ones, and those that only we may write. */
export function isNotToLeave(
  content: Uint8Array,
  field: HeaderField,
  own: { readonly hostname: string },
): boolean {
  return privateFields.has(field.name.toLowerCase()) || isOwnTrace(content, field, own)
}
