import { isUtf8 } from 'node:buffer'

import { asBuffer } from '../as-buffer.ts'

/** What windows-1252 has at 0x80 to 0x9F, where ISO-8859-1 has control characters. */
const windows1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178'

export function decodeWindows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (c) => windows1252.charAt(c.charCodeAt(0) - 0x80))
}

/** Raw header bytes as text: UTF-8 where valid (RFC 6532), otherwise windows-1252, which is what 8-bit headers without a label mostly are. */
export function headerText(bytes: Uint8Array): string {
  return headerSlice(asBuffer(bytes), 0, bytes.byteLength)
}

export function headerSlice(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('latin1', start, end)
  if (!/[\x80-\xff]/.test(text)) return text
  const raw = bytes.subarray(start, end)
  return isUtf8(raw) ? raw.toString('utf8') : decodeWindows1252(raw)
}

/** Folded lines joined (RFC 5322 section 2.2.3). A stray line break that folds nothing becomes a space, so no word is glued to the next. */
export function unfold(text: string): string {
  if (!/[\r\n]/.test(text)) return text
  return text.replace(
    /[\r\n]+([ \t])?/g,
    (breaks: string, next: string | undefined, at: number) =>
      next ?? (at + breaks.length === text.length ? '' : ' '),
  )
}
