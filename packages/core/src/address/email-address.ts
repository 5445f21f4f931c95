import { domainToASCII } from 'node:url'

/** An addr-spec in its normal form, for look-ups and comparisons. */
export interface EmailAddress {
  /** `local@domain`: local part lower case in NFC, domain as A-labels, lower case. */
  readonly address: string
  readonly local: string
  readonly domain: string
  /** Local part up to the first `+`, and what comes after it. */
  readonly base: string
  readonly detail: string | null
}

// RFC 5321 section 4.5.3.1: 64 octets of local part, 255 of domain, 254 of path.
const maxLocalBytes = 64
const maxDomainBytes = 255
const maxAddressBytes = 254
// RFC 5321 section 4.1.2 Dot-string, widened by RFC 6531 section 3.3 to every character beyond ASCII but controls.
const dotString =
  /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a1-\u{10ffff}]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a1-\u{10ffff}]+)*$/u
const domainLabels =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/
const addressLiteral = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9a-f:.]{2,45})\]$/i

/** Lower case A-labels, or undefined when it is no host name (RFC 5321 section 2.3.5, RFC 5891). */
export function normaliseDomain(domain: string): string | undefined {
  if (domain.length === 0 || domain.length > maxDomainBytes) return undefined
  const ascii = domainToASCII(domain.endsWith('.') ? domain.slice(0, -1) : domain).toLowerCase()
  return domainLabels.test(ascii) ? ascii : undefined
}

/** Undefined when it is not an address that a mailbox here could have or that mail could be sent to. Accepts a quoted local part that needs no quotes. */
export function parseAddress(text: string): EmailAddress | undefined {
  if (Buffer.byteLength(text) > maxAddressBytes) return undefined
  const at = text.lastIndexOf('@')
  if (at < 1) return undefined
  const local = unquote(text.slice(0, at)).normalize('NFC').toLowerCase()
  if (Buffer.byteLength(local) > maxLocalBytes || !dotString.test(local)) return undefined
  const rawDomain = text.slice(at + 1)
  const domain = addressLiteral.test(rawDomain)
    ? rawDomain.toLowerCase()
    : normaliseDomain(rawDomain)
  if (domain === undefined) return undefined
  const plus = local.indexOf('+', 1)
  return {
    address: `${local}@${domain}`,
    local,
    domain,
    base: plus === -1 ? local : local.slice(0, plus),
    detail: plus === -1 ? null : local.slice(plus + 1),
  }
}

function unquote(local: string): string {
  return local.length > 2 && local.startsWith('"') && local.endsWith('"')
    ? local.slice(1, -1).replaceAll(/\\(.)/gu, '$1')
    : local
}
