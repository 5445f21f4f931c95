import type { MimeIndex, MimePart } from '../mime-index.ts'
import { fileNameOf } from '../structure/file-name.ts'
import { walkParts } from '../structure/sections.ts'
import { decodeBody, decodeText } from './decode-body.ts'
import { htmlToText } from './html-text.ts'

/** What a body search looks through: the text of all text parts, nested messages included, HTML without its markup, and the file names. At most `maxBytes` UTF-16 units. */
export function searchText(bytes: Uint8Array, index: MimeIndex, maxBytes: number): string {
  const found: FoundText = { pieces: [], left: maxBytes }
  collect(bytes, index.root, found)
  return found.pieces.join('\n').slice(0, maxBytes)
}

interface FoundText {
  readonly pieces: string[]
  left: number
}

function collect(bytes: Uint8Array, root: MimePart, found: FoundText): void {
  for (const part of walkParts(root)) {
    if (found.left <= 0) return
    for (const text of [fileNameOf(part) ?? '', partText(bytes, part, found.left)]) {
      const piece = text.slice(0, Math.max(0, found.left))
      if (piece === '') continue
      found.pieces.push(piece)
      found.left -= piece.length + 1
    }
    if (part.message?.isEncoded === true) collect(decodeBody(bytes, part), part.message.root, found)
  }
}

function partText(bytes: Uint8Array, part: MimePart, maxBytes: number): string {
  if (part.type !== 'text') return ''
  const { text } = decodeText(bytes, part, maxBytes)
  return part.subtype === 'html' ? htmlToText(text) : text
}
