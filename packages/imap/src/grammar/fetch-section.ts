import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

/** RFC 3501 section 6.4.5. */
export interface Section {
  /** `1.2`, or '' for the message itself. */
  readonly part: string
  /** '' is all of it: the message, or the body of the part. */
  readonly what: '' | 'HEADER' | 'TEXT' | 'MIME' | 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'
  /** Of HEADER.FIELDS and HEADER.FIELDS.NOT, as the client wrote them. */
  readonly fields: readonly string[]
}

const maxParts = 100
const maxFields = 200
const maxFieldNameLength = 255

const sectionText =
  /^((?:[1-9]\d{0,8}(?:\.[1-9]\d{0,8})*)?)\.?(HEADER|TEXT|MIME|HEADER\.FIELDS|HEADER\.FIELDS\.NOT)?$/i

/** What stands between `[` and `]`. @throws MailError invalid `imap.syntax` */
export function parseSection(args: readonly Argument[]): Section {
  const [first, list, ...rest] = args
  if (first === undefined) return { part: '', what: '', fields: [] }
  const text = first.kind === 'atom' && first.section === undefined ? first.text.toUpperCase() : ' '
  const match = text.length <= 1000 ? sectionText.exec(text) : null
  const [, part = '', written = ''] = match ?? []
  const what = written as Section['what']
  // Which refuses `1.`, `.HEADER` and `1HEADER`, and MIME of the message itself.
  const isWritten = [part, what].filter((piece) => piece !== '').join('.') === text
  const isBad = match === null || !isWritten || (what === 'MIME' && part === '')
  if (isBad || part.split('.').length > maxParts) throw syntaxError('No such section')
  const hasFields = what === 'HEADER.FIELDS' || what === 'HEADER.FIELDS.NOT'
  if (rest.length > 0 || hasFields === (list === undefined))
    throw syntaxError('Only HEADER.FIELDS has a list of fields')
  return { part, what, fields: list === undefined ? [] : parseFields(list) }
}

/** The section as it is repeated in the response. */
export function formatSection(section: Section): string {
  const head = [section.part, section.what].filter((piece) => piece !== '').join('.')
  if (section.fields.length === 0) return head
  return `${head} (${section.fields.map(fieldText).join(' ')})`
}

function parseFields(list: Argument): readonly string[] {
  if (list.kind !== 'list' || list.items.length === 0 || list.items.length > maxFields)
    throw syntaxError('Not a list of field names')
  return list.items.map(parseField)
}

function parseField(argument: Argument): string {
  const name = argument.kind === 'nil' ? 'NIL' : isText(argument) ? argument.text : ''
  if (name === '' || name.length > maxFieldNameLength || !/^[\x20-\x7e]+$/.test(name))
    throw syntaxError('Not a field name')
  return name
}

function isText(argument: Argument): argument is Argument & { readonly text: string } {
  if (argument.kind === 'atom') return argument.section === undefined
  return argument.kind === 'string' || argument.kind === 'sequence'
}

// What no parser takes for anything but an atom; NIL would be no string.
function fieldText(name: string): string {
  const isAtom = /^[A-Za-z0-9._-]+$/.test(name) && name.toUpperCase() !== 'NIL'
  return isAtom ? name : `"${name.replace(/["\\]/g, '\\$&')}"`
}
