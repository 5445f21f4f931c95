const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** By octet: the value of a letter of base64 (RFC 4648 section 4), -1 for any other. */
export const base64Values: Int8Array = base64Table()

function base64Table(): Int8Array {
  const table = new Int8Array(256).fill(-1)
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i
  return table
}
