import { isIP } from 'node:net'

/** An address as its 8 groups of 16 bits; IPv4 sits in the last two. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly groups: readonly number[]
  /** The one spelling used in logs, keys and comparisons: dotted IPv4, RFC 5952 IPv6. */
  readonly text: string
}

/** A CIDR network. A single address is a network of its full length. */
export interface IpNetwork {
  readonly family: 4 | 6
  readonly groups: readonly number[]
  /** 0 to 32, or 0 to 128. */
  readonly prefix: number
  readonly text: string
}

/** Any spelling of an address; IPv4-mapped IPv6 becomes IPv4, a zone id is dropped. Undefined when it is none. */
export function parseIp(text: string): IpAddress | undefined {
  const zone = text.indexOf('%')
  const bare = zone === -1 ? text : text.slice(0, zone)
  const family = isIP(bare)
  if (family === 4) return fromV4(v4Groups(bare))
  if (family !== 6) return undefined
  const groups = v6Groups(bare)
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)
  return isMapped ? fromV4(groups.slice(6)) : { family: 6, groups, text: formatV6(groups) }
}

/** `address` or `address/prefix`; bits behind the prefix are cleared. `::ffff:a.b.c.d/96+n` becomes `a.b.c.d/n`. Undefined when it is no network. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/')
  const address = parseIp(slash === -1 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const width = address.family === 4 ? 32 : 128
  if (slash === -1)
    return { family: address.family, groups: address.groups, prefix: width, text: address.text }
  const digits = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(digits)) return undefined
  const isMapped = address.family === 4 && text.slice(0, slash).includes(':')
  const prefix = Number(digits) - (isMapped ? 96 : 0)
  if (prefix < 0 || prefix > width) return undefined
  return networkAround(address, prefix)
}

export function isInNetwork(address: IpAddress, network: IpNetwork): boolean {
  if (address.family !== network.family) return false
  const masked = maskGroups(address.groups, address.family, network.prefix)
  return masked.every((group, index) => group === network.groups[index])
}

export function isInAny(address: IpAddress, networks: readonly IpNetwork[]): boolean {
  return networks.some((network) => isInNetwork(address, network))
}

/** The groups with every bit behind the prefix cleared. */
export function maskGroups(
  groups: readonly number[],
  family: 4 | 6,
  prefix: number,
): readonly number[] {
  const bits = family === 4 ? prefix + 96 : prefix
  return groups.map((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - index * 16))
    return group & (0xffff << (16 - kept)) & 0xffff
  })
}

/** The network of that many leading bits around an address. */
export function networkAround(address: IpAddress, prefix: number): IpNetwork {
  const { family } = address
  const groups = maskGroups(address.groups, family, prefix)
  const base = family === 4 ? formatV4(groups) : formatV6(groups)
  const isWhole = prefix === (family === 4 ? 32 : 128)
  return { family, groups, prefix, text: isWhole ? base : `${base}/${prefix}` }
}

/**
 * What one subscriber surely has: an IPv4 address, an IPv6 /64 (RFC 6177 section 2), from which he takes as many addresses as he likes.
 * Whoever counts what a client does counts by this.
 */
export function subscriberOf(address: IpAddress): IpNetwork {
  return networkAround(address, address.family === 4 ? 32 : 64)
}

/** What one customer of a provider has at most: an IPv4 /24, an IPv6 /48, which RFC 6177 gives a site. */
export function siteOf(address: IpAddress): IpNetwork {
  return networkAround(address, address.family === 4 ? 24 : 48)
}

function fromV4(last: readonly number[]): IpAddress {
  const groups = [0, 0, 0, 0, 0, 0, last[0] ?? 0, last[1] ?? 0]
  return { family: 4, groups, text: formatV4(groups) }
}

function v4Groups(text: string): number[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return [(a << 8) | b, (c << 8) | d]
}

function v6Groups(text: string): number[] {
  const [head = '', tail] = text.split('::')
  const before = groupsOf(head)
  if (tail === undefined) return before
  const after = groupsOf(tail)
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text
    .split(':')
    .flatMap((part) => (part.includes('.') ? v4Groups(part) : [Number.parseInt(part, 16)]))
}

function formatV4(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** RFC 5952 section 4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function formatV6(groups: readonly number[]): string {
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start += 1) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.start === -1) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}
