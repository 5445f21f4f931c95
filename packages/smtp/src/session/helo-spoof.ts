import { parseIp, type Directory } from '@gatepost/core'
import type { HeloSpoofKind } from '@gatepost/security-crowdsec'

/** Whose name a client took that is ours; undefined when it is not. `helo` is in lower case. */
export async function spoofKind(
  helo: string,
  localAddress: string,
  ours: { readonly hostname: string; readonly directory: Pick<Directory, 'isLocalDomain'> },
): Promise<HeloSpoofKind | undefined> {
  const name = helo.endsWith('.') ? helo.slice(0, -1) : helo
  if (name === ours.hostname) return 'own_name'
  if (await ours.directory.isLocalDomain(name)) return 'own_domain'
  // RFC 5321 section 4.1.3: `[192.0.2.1]`, `[IPv6:2001:db8::1]`.
  const literal = parseIp(name.replace(/^\[(?:ipv6:)?(.*)\]$/, '$1'))
  return literal !== undefined && isSame(literal.text, localAddress) ? 'own_address' : undefined
}

/** The server talks to itself. */
export function isOurselves(ip: string, localAddress: string): boolean {
  return ip === '127.0.0.1' || ip === '::1' || isSame(ip, localAddress)
}

function isSame(ip: string, localAddress: string): boolean {
  return parseIp(localAddress)?.text === ip
}
