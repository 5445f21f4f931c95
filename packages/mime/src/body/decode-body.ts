import { asBuffer } from '../as-buffer.ts'
import type { MimePart } from '../mime-index.ts'
import { decodeCharset } from './charset.ts'
import { partCharset } from './part-charset.ts'
import { cutToBytes, enoughFor } from './text-bounds.ts'
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
  const enough = enoughFor(limit)
  const raw = whole.subarray(0, enough.rawBytes)
  const octets = decodeTransfer(raw, part.encoding)
  const whole8 = raw.length < whole.length ? octets.subarray(0, enough.octets) : octets
  const { text, isEncodingProblem } = decodeCharset(whole8, partCharset(part, whole8))
  const kept = cutToBytes(text, limit)
  return {
    text: kept,
    // A cut inside a character is ours, not the sender's.
    isEncodingProblem:
      (isEncodingProblem && raw.length === whole.length) || !isKnownEncoding(part.encoding),
    isTruncated: kept.length < text.length || raw.length < whole.length,
  }
}
