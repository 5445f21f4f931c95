import { parseAddress } from '@gatepost/core'

const maxLength = 320

/**
 * The one spelling of an account's name: of what clients type, and of what decisions of scope `username` name. An address in the form that the
 * directory knows it by, anything else in lower case (NFC). Undefined for nothing, and for what is longer than any address.
 */
export function canonicalUser(text: string): string | undefined {
  const name = text.length > maxLength ? '' : text.trim()
  if (name === '') return undefined
  return parseAddress(name)?.address ?? name.normalize('NFC').toLowerCase()
}
