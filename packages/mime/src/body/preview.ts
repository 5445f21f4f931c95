import type { MimePart } from '../mime-index.ts'
import { bodyLists } from '../structure/body-lists.ts'
import { decodeText } from './decode-body.ts'
import { htmlToText } from './html-text.ts'

const maxPreviewLength = 256
const maxSourceBytes = 65_536

/** RFC 8621 section 4.1.4: the start of the first plain text part, else of the first HTML part as text; white space folded, at most 256 UTF-16 units. */
export function previewOf(bytes: Buffer, root: MimePart): string {
  const { textBody, htmlBody } = bodyLists(root)
  const plain = textBody.find((part) => part.type === 'text' && part.subtype !== 'html')
  const part = plain ?? htmlBody.find((candidate) => candidate.type === 'text')
  if (part === undefined) return ''
  // Most texts fill the preview from their first lines; HTML with a long style sheet needs another try.
  for (let budget = 1_024; ; budget *= 8) {
    const { text, isTruncated } = decodeText(bytes, part, budget)
    const preview = fold(part.subtype === 'html' ? htmlToText(text) : text)
    if (preview.length >= maxPreviewLength || !isTruncated || budget >= maxSourceBytes) {
      return cut(preview)
    }
  }
}

function fold(text: string): string {
  // Newsletters pad their preview with invisible characters.
  return text
    .replace(/(?:\u034f|[\u00ad\u200b-\u200f\u2060\ufeff])+/g, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
}

function cut(text: string): string {
  if (text.length <= maxPreviewLength) return text
  const last = text.charCodeAt(maxPreviewLength - 1)
  const isHighSurrogate = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, maxPreviewLength - (isHighSurrogate ? 1 : 0)).trimEnd()
}
