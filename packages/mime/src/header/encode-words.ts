import { decodeWords } from './encoded-words.ts'

/** RFC 2047 section 2 allows a word 75 characters: `=?utf-8?B?` and `?=` leave 63, which is 60 of base64 for 45 bytes. */
const maxBytes = 45

/**
 * A text as a header can carry it: printable ASCII as it is, anything else as encoded words (RFC 2047), one space between them.
 * ASCII that a reader would take for an encoded word is encoded too. Control characters that decodeWords drops do not come back; lone surrogates become U+FFFD.
 */
export function encodeWords(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text) && decodeWords(text) === text) return text
  const words: string[] = []
  let piece = ''
  let bytes = 0
  for (const c of text.toWellFormed()) {
    const length = Buffer.byteLength(c)
    if (bytes + length > maxBytes) {
      words.push(encodedWord(piece))
      piece = ''
      bytes = 0
    }
    piece += c
    bytes += length
  }
  words.push(encodedWord(piece))
  return words.join(' ')
}

function encodedWord(text: string): string {
  return `=?utf-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`
}
