import { hash, randomBytes } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** 120 bits. */
const length = 24
const form = /^[a-z2-7]{24}$/

/** Letters of base32 (RFC 4648 section 6) in groups of four, so that it can be read out: `abcd-efgh-ijkl-mnop-qrst-uvwx`. */
export function makeAppPassword(): string {
  const letters = Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % 32)).join('')
  return inGroups(letters)
}

/** Of text that `appPasswordHash` takes: as `makeAppPassword` wrote it. */
export function appPasswordAsShown(text: string): string {
  return inGroups(normalised(text))
}

/**
 * `sha256:<base64url>` of an app password, whatever its case, hyphens and blanks: what is random needs no slow hash. Undefined for text that is none of ours.
 */
export function appPasswordHash(text: string): string | undefined {
  if (text.length > 2 * length) return undefined
  const letters = normalised(text)
  return form.test(letters) ? `sha256:${hash('sha256', letters, 'base64url')}` : undefined
}

function normalised(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toLowerCase()
}

function inGroups(letters: string): string {
  return letters.match(/.{1,4}/g)?.join('-') ?? ''
}
