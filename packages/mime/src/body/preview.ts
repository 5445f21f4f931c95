import type { MimePart } from '../mime-index.ts'
import { bodyLists } from '../structure/body-lists.ts'
import { decodeCharset } from './charset.ts'
import { htmlToText } from './html-text.ts'
import { partCharset } from './part-charset.ts'
import { decodeTransfer } from './transfer-encoding.ts'

const maxPreviewLength = 256
const maxSourceBytes = 65_536

/** Texts tried until one is not empty. */
const maxTexts = 8

/** RFC 8621 section 4.1.4: the start of the first plain text part with any text, else of such an HTML part as text; white space folded, at most 256 UTF-16 units. */
export function previewOf(bytes: Buffer, root: MimePart): string {
  const { textBody, htmlBody } = bodyLists(root)
  const plain = textBody.filter((part) => part.type === 'text' && part.subtype !== 'html')
  const texts = new Set([...plain, ...htmlBody.filter((part) => part.type === 'text')])
  for (const part of [...texts].slice(0, maxTexts)) {
    const preview = previewOfPart(bytes, part)
    if (preview !== '') return preview
  }
  return ''
}

function previewOfPart(bytes: Buffer, part: MimePart): string {
  // Most texts fill the preview from their first lines; HTML with a long style sheet needs another try.
  for (let budget = 768; ; budget *= 8) {
    const raw = startOf(bytes.subarray(part.bodyStart, part.bodyEnd), budget)
    const octets = decodeTransfer(raw, part.encoding)
    const { text } = decodeCharset(octets, partCharset(part, octets))
    const preview = fold(part.subtype === 'html' ? htmlToText(text) : text)
    const isWhole = raw.length === part.bodyEnd - part.bodyStart
    if (preview.length > maxPreviewLength || isWhole || budget >= maxSourceBytes) {
      return cut(preview)
    }
  }
}

/** At most `budget` bytes, cut after a line, or else before a character of UTF-8, so that the cut looks like no encoding error. */
function startOf(body: Buffer, budget: number): Buffer {
  if (body.length <= budget) return body
  const line = body.lastIndexOf(10, budget - 1)
  if (line > budget / 2) return body.subarray(0, line + 1)
  let end = budget
  while (end > budget - 4 && ((body[end] ?? 0) & 0xc0) === 0x80) end--
  return body.subarray(0, end)
}

/** White space and control characters become one space; invisible padding of newsletters goes away. Stops when there is enough. */
function fold(text: string): string {
  let out = ''
  let copied = 0
  for (let i = 0; i < text.length && out.length <= maxPreviewLength; i++) {
    const code = text.charCodeAt(i)
    const isBreak = code <= 32 || (code >= 0x7f && code <= 0xa0) || code === 0x3000
    if (!isBreak && !isInvisible(code)) continue
    // A lone space between words is what most of them are.
    if (code === 32 && i > copied && !isBlankAt(text, i + 1)) continue
    out = append(out, text.slice(copied, i), isBreak)
    copied = i + 1
  }
  return append(out, text.slice(copied, copied + maxPreviewLength + 1), false).trimEnd()
}

function append(out: string, piece: string, hasBreak: boolean): string {
  const joined = out + (out === '' || out.endsWith(' ') ? piece.trimStart() : piece)
  return hasBreak && joined !== '' && !joined.endsWith(' ') ? `${joined} ` : joined
}

function isBlankAt(text: string, i: number): boolean {
  return text.charCodeAt(i) <= 32
}

function isInvisible(code: number): boolean {
  if (code < 0xad) return false
  const isZeroWidth = code >= 0x200b && code <= 0x200f
  return code === 0xad || code === 0x34f || isZeroWidth || code === 0x2060 || code === 0xfeff
}

function cut(text: string): string {
  if (text.length <= maxPreviewLength) return text
  const last = text.charCodeAt(maxPreviewLength - 1)
  const isHighSurrogate = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, maxPreviewLength - (isHighSurrogate ? 1 : 0)).trimEnd()
}
