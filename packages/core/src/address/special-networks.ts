import {
  isInAny,
  networkAround,
  parseNetwork,
  type IpAddress,
  type IpNetwork,
} from './ip-address.ts'

function networks(...texts: readonly string[]): readonly IpNetwork[] {
  return texts.flatMap((text) => parseNetwork(text) ?? [])
}

const loopback = networks('127.0.0.0/8', '::1')
// RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291 section 2.5.6.
const inside = networks(
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
)
// RFC 6890 and its registry: this host, protocol assignments, benchmarks, multicast, reserved; Teredo, and documentation of RFC 9637.
// That of RFC 3849 is not here: tests use it as they use the networks of RFC 5737.
const noHost = networks(
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '224.0.0.0/3',
  '2001::/32',
  '3fff::/20',
)
/** All that is given to hosts on the internet: whatever else an IPv6 address begins with is special or nobody's (RFC 4291 section 2.4). */
const globalUnicast = networks('2000::/3')
/** NAT64 (RFC 6052) with the IPv4 address at the end; 6to4 (RFC 3056) with it after the prefix. */
const [nat64, sixToFour] = [networks('64:ff9b::/96', '64:ff9b:1::/48'), networks('2002::/16')]

export function isLoopbackAddress(address: IpAddress): boolean {
  return isInAny(address, loopback)
}

/** Of a home, an office, a carrier or a container network: nobody's on the internet. Loopback is not among them. */
export function isPrivateAddress(address: IpAddress): boolean {
  return isInAny(address, inside)
}

/** A host on the internet may have it. Of addresses that carry an IPv4 address the one that is carried counts. */
export function isPublicAddress(address: IpAddress): boolean {
  if (isInAny(address, nat64)) return isPublicAddress(carried(address, 6))
  if (isInAny(address, sixToFour)) return isPublicAddress(carried(address, 1))
  if (address.family === 6 && !isInAny(address, globalUnicast)) return false
  return !isInAny(address, loopback) && !isInAny(address, inside) && !isInAny(address, noHost)
}

function carried({ groups }: IpAddress, at: number): IpAddress {
  const padded = [0, 0, 0, 0, 0, 0, groups[at] ?? 0, groups[at + 1] ?? 0]
  const { text } = networkAround({ family: 4, groups: padded, text: '' }, 32)
  return { family: 4, groups: padded, text }
}
