import { parseHost } from '@gatepost/gate'

/** Where the client sees us, such as `https://mail.example.test`; undefined when the Host header is none (RFC 9110 section 7.2). */
export function originOf(host: string | undefined, scheme: 'http' | 'https'): string | undefined {
  const parsed = parseHost(host)
  return parsed && `${scheme}://${parsed.text}`
}
