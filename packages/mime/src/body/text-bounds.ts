/** Of a body, as much as so many bytes of text may need: before its transfer encoding is undone, and after. */
export function enoughFor(textBytes: number): {
  readonly rawBytes: number
  readonly octets: number
} {
  // 4 octets (UTF-16 surrogates, GB 18030) may become 1; an octet takes 3 in quoted-printable.
  return { rawBytes: textBytes * 12 + 64, octets: textBytes * 4 + 16 }
}

/** The longest start of the text that takes at most `maxBytes` in UTF-8 and splits no character. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  const octets = Buffer.from(text.slice(0, maxBytes), 'utf8')
  let end = Math.min(maxBytes, octets.length)
  while (end > 0 && ((octets[end] ?? 0) & 0xc0) === 0x80) end--
  return octets.toString('utf8', 0, end)
}
