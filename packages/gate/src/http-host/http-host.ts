import { parseIp } from '@gatepost/core'

/** Which hosts an HTTP listener is, and whose pages may use it. */
export interface HttpHostRules {
  /** Whether a name is ours: lower case, without a dot at its end. */
  readonly isOwnName: (name: string) => boolean
  /** Origins of other sites whose pages may send requests, such as `https://webmail.example.org`. */
  readonly crossOrigins: readonly string[]
}

/** The name of the server, its domains (`isDomain`, normalised) with every name below them, and more names that it is reached under. */
export function ownNames(names: {
  readonly hostname: string
  readonly isDomain: (name: string) => boolean
  readonly more: readonly string[]
}): (name: string) => boolean {
  const exact = new Set(['localhost', names.hostname, ...names.more].map(nameOf))
  return (name) => {
    if (exact.has(name)) return true
    // Whoever owns a domain owns the names below it: mail., autoconfig., mta-sts. and what else is set up there.
    for (let at = 0; at !== -1; at = name.indexOf('.', at)) {
      if (at > 0) at += 1
      if (names.isDomain(name.slice(at))) return true
    }
    return false
  }
}

function nameOf(text: string): string {
  return text.toLowerCase().replace(/\.$/, '')
}

export type HostVerdict =
  | { readonly kind: 'own' }
  /** None, two of them, or one that cannot be a host: 400 (RFC 9112 section 3.2). */
  | { readonly kind: 'malformed' }
  /** Somebody else's name, as after DNS rebinding: 421 (RFC 9110 section 15.5.20). */
  | { readonly kind: 'foreign' }

/** A name, an IPv4 address, or an IPv6 address in brackets, and a port. */
const hostPattern =
  /^(?:(?<name>[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?\.?)|\[(?<ipv6>[0-9a-f:.]{2,45})\])(?::\d{1,5})?$/i

export interface HttpHost {
  /** As it was written, in lower case. */
  readonly text: string
  /** Lower case, without a dot at its end; undefined: it is an address. */
  readonly name: string | undefined
}

/** A host with or without a port (RFC 9110 section 7.2); undefined: it is none. Nothing in it could leave its place in a URL. */
export function parseHost(host: string | undefined): HttpHost | undefined {
  const groups = host === undefined ? undefined : hostPattern.exec(host)?.groups
  if (host === undefined || groups === undefined) return undefined
  const { name, ipv6 } = groups
  const address = parseIp(ipv6 ?? name ?? '')
  if (ipv6 !== undefined && address === undefined) return undefined
  return {
    text: host.toLowerCase(),
    name: address === undefined ? nameOf(name ?? '') : undefined,
  }
}

/** Of the absolute form, which only proxies are sent and which counts instead of the Host field (RFC 9112 section 3.2.2); undefined: the URL is a path. */
export function hostOfUrl(url: string): string | undefined {
  return url.startsWith('/') ? undefined : /^https?:\/\/([^/?]*)/i.exec(url)?.[1]
}

/**
 * Judges a host with or without a port. An address is always ours: behind address translation nobody knows his own, and a page at an address is of no other
 * origin than that address, so that nobody's DNS can make it read more.
 */
export function judgeHost(
  host: string | undefined,
  rules: Pick<HttpHostRules, 'isOwnName'>,
): HostVerdict {
  const parsed = parseHost(host)
  if (parsed === undefined) return { kind: 'malformed' }
  const isOwn = parsed.name === undefined || rules.isOwnName(parsed.name)
  return { kind: isOwn ? 'own' : 'foreign' }
}

/** All values of the Host field: Node shows the first of them alone. `rawHeaders` is Node's. */
export function hostFields(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host')
}

export type OriginVerdict =
  /** No browser says that a page is behind the request, or the page is ours. */
  | { readonly kind: 'own' }
  /** A page of a site that may: it has to be told so (CORS). */
  | { readonly kind: 'allowed'; readonly origin: string }
  /** A page of somebody else. Its browser would send the password that it knows: 403, whatever the request carries. */
  | { readonly kind: 'foreign' }

export interface OriginFields {
  readonly method: string
  /** The Origin field (RFC 6454 section 7). */
  readonly origin: string | undefined
  /** Sec-Fetch-Site and Sec-Fetch-Mode (W3C Fetch Metadata): what a browser says when it sends no Origin. */
  readonly fetchSite: string | undefined
  readonly fetchMode: string | undefined
}

/** `own`: where the client sees us, such as `https://mail.example.org`. */
export function judgeOrigin(
  { method, origin, fetchSite, fetchMode }: OriginFields,
  own: string | undefined,
  rules: Pick<HttpHostRules, 'crossOrigins'>,
): OriginVerdict {
  if (origin !== undefined) {
    if (isSameOrigin(origin, own)) return { kind: 'own' }
    return rules.crossOrigins.includes(origin) ? { kind: 'allowed', origin } : { kind: 'foreign' }
  }
  // An image, a form, a script of somebody else's page; a link that a person follows is none of these.
  const isLink = fetchMode === 'navigate' && (method === 'GET' || method === 'HEAD')
  return { kind: fetchSite === 'cross-site' && !isLink ? 'foreign' : 'own' }
}

/** As browsers write them: without a port that is the scheme's own (RFC 6454 section 6.2). */
function isSameOrigin(origin: string, own: string | undefined): boolean {
  return own !== undefined && URL.canParse(own) && new URL(own).origin === origin
}
