import { domainToASCII } from 'node:url'

const maxDomainBytes = 255
const outsideAscii = /[^\x00-\x7f]/
/** Of ASCII: anything else, such as a percent sign, `domainToASCII` would take for a part of a URL. */
const nameCharacters = /^[A-Za-z0-9._\-\u0080-\u{10ffff}]+$/u
const labels =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/**
 * The domain of an address in lower case A-labels: one form for both that it is written in (RFC 5890 section 2.3.2.1). Undefined when it is none.
 * Underscores are no part of host names, but hosts inside have them, and mail comes from there.
 */
export function normaliseDomain(domain: string): string | undefined {
  if (domain.length > maxDomainBytes || !nameCharacters.test(domain)) return undefined
  const name = domain.endsWith('.') ? domain.slice(0, -1) : domain
  const ascii = (outsideAscii.test(name) ? domainToASCII(name) : name).toLowerCase()
  return labels.test(ascii) ? ascii : undefined
}

/** As `normaliseDomain`, of a name that a server or a certificate has: without underscores (RFC 5321 section 2.3.5). */
export function normaliseHostName(name: string): string | undefined {
  const normalised = normaliseDomain(name)
  return normalised?.includes('_') === true ? undefined : normalised
}
