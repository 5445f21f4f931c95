import { foldField } from '@gatepost/mime'
import { encodeWord, encodeWords, foldLines, quoteString } from 'nodemailer/lib/mime-funcs'

import type { DraftGroup, DraftHeader } from './draft-header.ts'

const lineLength = 76
/** Of an encoded word (RFC 2047 section 2 allows 75 with its frame). */
const wordLength = 52
/** A word that no line holds (RFC 5322 section 2.1.1), with the name of its field before it. */
const endlessWord = /\S{700}/

/** One field with its line end: 7-bit but for what the client wrote raw or put into an address. */
export function writeHeader({ name, value }: Pick<DraftHeader, 'name' | 'value'>): string {
  switch (value.kind) {
    case 'raw':
      return writeRaw(`${name}: ${value.text}\r\n`)
    case 'text':
      return `${foldLines(`${name}: ${writeText(value.text)}`, lineLength)}\r\n`
    case 'addresses':
      return writeAddresses(name, value.groups)
  }
}

/** Folded where a line is too long for mail (RFC 5322 section 2.1.1); it says the same. */
function writeRaw(field: string): string {
  return foldField(Buffer.from(field))?.toString() ?? field
}

function writeText(text: string): string {
  return endlessWord.test(text)
    ? encodeWord(text, 'Q', wordLength)
    : encodeWords(text, 'Q', wordLength, true)
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
