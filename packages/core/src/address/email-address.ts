import { isIPv4, isIPv6 } from 'node:net'

import { normaliseDomain } from './domain-name.ts'

/** An addr-spec that was read, in its normal form and in the one to send to. */
export interface EmailAddress {
  /**
   * `local@domain`, for look-ups and comparisons: local part lower case in NFC, in quotes only where it needs them, with the fewest escapes; domain as
   * A-labels, lower case.
   */
  readonly address: string
  /**
   * For envelopes: the local part as it was written, quotes and case included, since only its own host knows what they mean (RFC 5321 section 2.4);
   * the domain normalised.
   */
  readonly spelled: string
  /** Of `address`. */
  readonly local: string
  readonly domain: string
  /** `local` up to the first `+` that is not its first character, in the same form; what comes after it is `detail`, which is never quoted. */
  readonly base: string
  readonly detail: string | null
}

/** RFC 5321 section 4.5.3.1.3: 256 octets of path, the brackets among them. The local part has what is left of it: longer ones than 64 are in use (VERP, SRS). */
const maxAddressBytes = 254
// RFC 5321 section 4.1.2 Dot-string, widened by RFC 6531 section 3.3 to every character beyond ASCII but controls and separators of lines.
// Dots may be anywhere: carriers have given such addresses to people.
const beyondAscii = String.raw`\u00a1-\u2027\u202a-\ud7ff\ue000-\u{10ffff}`
const dotString = new RegExp(`^[A-Za-z0-9!#$%&'*+\\-/=?^_\`{|}~.${beyondAscii}]+$`, 'u')
// Without angle brackets, which the client side could not send, and which readers of a path take for its end.
const quotedString = new RegExp(
  `^"(?:[ !#-;=?-\\[\\]-~${beyondAscii}]|\\\\[ -;=?-~${beyondAscii}])*"$`,
  'u',
)
// RFC 5321 section 4.1.3
const addressLiteral = /^\[(?:IPv6:([0-9a-f:.]{2,45})|([0-9.]{7,15}))\]$/i

/** Undefined when it is not an address that a mailbox here could have or that mail could be sent to. */
export function parseAddress(text: string): EmailAddress | undefined {
  if (isTooLong(text)) return undefined
  const at = text.lastIndexOf('@')
  if (at < 1) return undefined
  const written = text.slice(0, at)
  const content = contentOf(written)?.normalize('NFC').toLowerCase()
  const rawDomain = text.slice(at + 1)
  const domain = isAddressLiteral(rawDomain) ? rawDomain.toLowerCase() : normaliseDomain(rawDomain)
  if (content === undefined || domain === undefined) return undefined
  const [local, spelled] = [quoted(content), `${written}@${domain}`]
  const address = `${local}@${domain}`
  if (isTooLong(address) || isTooLong(spelled)) return undefined
  const plus = content.indexOf('+', 1)
  return {
    address,
    spelled,
    local,
    domain,
    base: plus === -1 ? local : quoted(content.slice(0, plus)),
    detail: plus === -1 ? null : content.slice(plus + 1),
  }
}

function isAddressLiteral(text: string): boolean {
  const [, v6 = '', v4 = ''] = addressLiteral.exec(text) ?? []
  return isIPv6(v6) || isIPv4(v4)
}

function isTooLong(address: string): boolean {
  return Buffer.byteLength(address) > maxAddressBytes
}

/** What a local part means, without quotes. */
function contentOf(local: string): string | undefined {
  if (dotString.test(local)) return local
  return quotedString.test(local) ? local.slice(1, -1).replaceAll(/\\(.)/gu, '$1') : undefined
}

function quoted(content: string): string {
  return dotString.test(content) ? content : `"${content.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
