import type { IncomingHttpHeaders } from 'node:http'

/** A name or address with an optional port, and nothing that could leave its place in a URL. */
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** Where the client sees us, such as `https://mail.example.test`; undefined when the Host header is none (RFC 9110 section 7.2). */
export function originOf(
  headers: IncomingHttpHeaders,
  options: { readonly isTls: boolean; readonly isTrustedProxy: boolean },
): string | undefined {
  const forwardedHost = options.isTrustedProxy
    ? (forwardedParameter(headers, 'host', 'x-forwarded-host') ?? headers.host)
    : headers.host
  const host = forwardedHost ?? ''
  if (host.length > 262 || !hostPattern.test(host)) return undefined
  const scheme =
    (options.isTrustedProxy ? forwardedScheme(headers) : undefined) ?? ownScheme(options.isTls)
  return `${scheme}://${host.toLowerCase()}`
}

function ownScheme(isTls: boolean): 'http' | 'https' {
  return isTls ? 'https' : 'http'
}

/** What the proxy next to us says of the hop before it: RFC 7239 section 5.4 or X-Forwarded-Proto. */
export function forwardedScheme(headers: IncomingHttpHeaders): 'http' | 'https' | undefined {
  const scheme = forwardedParameter(headers, 'proto', 'x-forwarded-proto')?.toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

/** Of several hops the last: that is the one which the trusted peer wrote. */
function forwardedParameter(
  headers: IncomingHttpHeaders,
  parameter: 'host' | 'proto',
  alternative: 'x-forwarded-host' | 'x-forwarded-proto',
): string | undefined {
  const { forwarded } = headers
  if (forwarded !== undefined) {
    const element = forwarded.slice(0, 4096).split(',').at(-1) ?? ''
    for (const pair of element.split(';')) {
      const equals = pair.indexOf('=')
      if (pair.slice(0, equals).trim().toLowerCase() === parameter)
        return pair
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1')
    }
  }
  const plain = headers[alternative]
  const text = Array.isArray(plain) ? plain.join(',') : plain
  return text?.slice(0, 4096).split(',').at(-1)?.trim()
}
