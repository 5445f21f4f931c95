import type { MimeIndex } from '../mime-index.ts'
import { fileNameOf } from '../structure/file-name.ts'
import { walkParts } from '../structure/sections.ts'
import { decodeText } from './decode-body.ts'
import { htmlToText } from './html-text.ts'

/** What a body search looks through: the text of all text parts, nested messages included, HTML without its markup, and the file names. At most `maxBytes` UTF-16 units. */
export function searchText(bytes: Uint8Array, index: MimeIndex, maxBytes: number): string {
  const pieces: string[] = []
  let left = maxBytes
  for (const part of walkParts(index.root)) {
    if (left <= 0) break
    for (const text of [fileNameOf(part) ?? '', partText(bytes, part, left)]) {
      const piece = text.slice(0, Math.max(0, left))
      if (piece === '') continue
      pieces.push(piece)
      left -= piece.length + 1
    }
  }
  return pieces.join('\n').slice(0, maxBytes)
}

function partText(bytes: Uint8Array, part: MimeIndex['root'], maxBytes: number): string {
  if (part.type !== 'text') return ''
  const { text } = decodeText(bytes, part, maxBytes)
  return part.subtype === 'html' ? htmlToText(text) : text
}
