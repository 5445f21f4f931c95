import type { IpNetwork } from '@gatepost/core'

/**
 * A network as numbers: four words of 32 bits and one that tells family and prefix length apart. IPv4 sits in the last word.
 * The code of a length is the prefix for IPv4 (0 to 32), and 64 more than the prefix for IPv6 (64 to 192).
 */
export interface Words {
  w0: number
  w1: number
  w2: number
  w3: number
}

export const firstV6Code = 64

/** Writes into `into`, so that a look-up makes no garbage. */
export function readWords(groups: readonly number[], into: Words): Words {
  const [g0 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups
  into.w0 = (g0 << 16) | g1
  into.w1 = (g2 << 16) | g3
  into.w2 = (g4 << 16) | g5
  into.w3 = (g6 << 16) | g7
  return into
}

/** The bits of word `index` (0 to 3) that a prefix of this code keeps. */
export function wordMask(code: number, index: number): number {
  const prefix = code < firstV6Code ? code + 96 : code - firstV6Code
  const bits = Math.min(32, Math.max(0, prefix - 32 * index))
  return bits === 0 ? 0 : -1 << (32 - bits)
}

export function familyOf(code: number): 4 | 6 {
  return code < firstV6Code ? 4 : 6
}
export function prefixOf(code: number): number {
  return code < firstV6Code ? code : code - firstV6Code
}

/** The text of a network's base address, without `/prefix`; for `parseNetwork`, which knows the canonical form. */
export function wordsText({ w0, w1, w2, w3 }: Readonly<Words>, family: 4 | 6): string {
  if (family === 4) return `${w3 >>> 24}.${(w3 >>> 16) & 255}.${(w3 >>> 8) & 255}.${w3 & 255}`
  return [w0, w1, w2, w3]
    .map((word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`)
    .join(':')
}

export function codeOf({ family, prefix }: IpNetwork): number {
  return family === 4 ? prefix : firstV6Code + prefix
}
