import { hash, randomBytes } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** 120 bits. */
const length = 24
const form = /^[a-z2-7]{24}$/

/** Letters of base32 (RFC 4648 section 6) in groups of four, so that it can be read out: `abcd-efgh-ijkl-mnop-qrst-uvwx`. */
export function makeAppPassword(): string {
  const letters = Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % 32)).join('')
  return letters.match(/.{4}/g)?.join('-') ?? letters
}

/**
 * `sha256:<base64url>` of an app password, whatever its case, hyphens and blanks: what is random needs no slow hash. Undefined for text that is none of ours.
 */
export function appPasswordHash(text: string): string | undefined {
  if (text.length > 2 * length) return undefined
  const normalised = text.replaceAll(/[\s-]/g, '').toLowerCase()
  return form.test(normalised) ? `sha256:${hash('sha256', normalised, 'base64url')}` : undefined
}
