/** A name or address with an optional port, and nothing that could leave its place in a URL. */
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** Where the client sees us, such as `https://mail.example.test`; undefined when the Host header is none (RFC 9110 section 7.2). */
export function originOf(host: string | undefined, scheme: 'http' | 'https'): string | undefined {
  if (host === undefined || host.length > 262 || !hostPattern.test(host)) return undefined
  return `${scheme}://${host.toLowerCase()}`
}
