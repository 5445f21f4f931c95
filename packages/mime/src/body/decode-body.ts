import { asBuffer } from '../as-buffer.ts'
import type { MimePart } from '../mime-index.ts'
import { decodeCharset } from './charset.ts'
import { decodeTransfer, isKnownEncoding } from './transfer-encoding.ts'

/** The body of a part with its transfer encoding undone. For 7bit, 8bit, binary and unknown encodings it is a view of `bytes`, not a copy. */
export function decodeBody(bytes: Uint8Array, part: MimePart): Buffer {
  return decodeTransfer(asBuffer(bytes).subarray(part.bodyStart, part.bodyEnd), part.encoding)
}

export interface BodyText {
  /** Line ends as sent: RFC 8621 section 4.1.4 wants the caller to make CRLF into LF. */
  readonly text: string
  /** Unknown transfer encoding or charset, or bytes that are not valid in it. */
  readonly isEncodingProblem: boolean
  /** `text` was cut to `maxBytes`, between characters. */
  readonly isTruncated: boolean
}

/** The body of a text part as text; at most `maxBytes` octets of it when written as UTF-8. */
export function decodeText(bytes: Uint8Array, part: MimePart, maxBytes?: number): BodyText {
  const limit = maxBytes ?? Number.MAX_SAFE_INTEGER
  const whole = asBuffer(bytes).subarray(part.bodyStart, part.bodyEnd)
  // 4 octets (UTF-16 surrogates, GB 18030) may become 1; an octet takes 3 in quoted-printable.
  const raw = whole.subarray(0, limit * 12 + 64)
  const octets = decodeTransfer(raw, part.encoding)
  const label = part.params['charset']
  const whole8 = raw.length < whole.length ? octets.subarray(0, limit * 4 + 16) : octets
  const { text, isEncodingProblem } = decodeCharset(whole8, label)
  const kept = cutToBytes(text, limit)
  return {
    text: kept,
    // A cut inside a character is ours, not the sender's.
    isEncodingProblem:
      (isEncodingProblem && raw.length === whole.length) || !isKnownEncoding(part.encoding),
    isTruncated: kept.length < text.length || raw.length < whole.length,
  }
}

/** The longest start of the text that takes at most `maxBytes` in UTF-8 and splits no character. */
function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  const octets = Buffer.from(text.slice(0, maxBytes), 'utf8')
  let end = Math.min(maxBytes, octets.length)
  while (end > 0 && ((octets[end] ?? 0) & 0xc0) === 0x80) end--
  return octets.toString('utf8', 0, end)
}
