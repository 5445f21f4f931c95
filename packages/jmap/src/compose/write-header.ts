import { encodeWord, encodeWords, foldLines, quoteString } from 'nodemailer/lib/mime-funcs'

import type { DraftGroup, DraftHeader } from './draft-header.ts'

const lineLength = 76
/** Of an encoded word (RFC 2047 section 2 allows 75 with its frame). */
const wordLength = 52

/** One field with its line end: 7-bit but for what the client wrote raw or put into an address. */
export function writeHeader({ name, value }: DraftHeader): string {
  switch (value.kind) {
    case 'raw':
      return `${name}: ${value.text}\r\n`
    case 'text':
      return `${foldLines(`${name}: ${encodeWords(value.text, 'Q', wordLength, true)}`, lineLength)}\r\n`
    case 'addresses':
      return writeAddresses(name, value.groups)
  }
}

function writeAddresses(name: string, groups: readonly DraftGroup[]): string {
  const items = groups.flatMap((group) => {
    const list = group.addresses.map(({ name: who, email }) =>
      who === null || who.trim() === '' ? email : `${phrase(who)} <${email}>`,
    )
    return group.name === null ? list : [`${phrase(group.name)}: ${list.join(',\r\n ')};`]
  })
  // RFC 5322 section 3.6: these fields are not empty.
  return items.length === 0 ? '' : `${name}: ${items.join(',\r\n ')}\r\n`
}

/** RFC 5322 section 3.2.5, with encoded words where ASCII does not do. */
function phrase(text: string): string {
  if (/^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]{1,60}$/.test(text) && !text.includes('=?')) return text
  if (/^[\x20-\x7e]{1,200}$/.test(text) && !text.includes('=?')) return quoteString(text)
  return encodeWord(text, 'Q', wordLength).replaceAll(' ', '\r\n ')
}
