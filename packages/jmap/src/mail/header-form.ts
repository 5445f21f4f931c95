import {
  decodeWords,
  parseAddressList,
  parseDate,
  parseMessageIds,
  toNfc,
  unfold,
} from '@gatepost/mime'

import { flatAddresses, groupedAddresses } from './addresses.ts'
import { zonedDate } from './jmap-date.ts'

/** RFC 8621 section 4.1.2. */
export type HeaderForm =
  | 'Raw'
  | 'Text'
  | 'Addresses'
  | 'GroupedAddresses'
  | 'MessageIds'
  | 'Date'
  | 'URLs'

/** A property such as `header:List-Post:asURLs:all`. */
export interface HeaderProperty {
  /** As the client wrote it: the name of the property in the answer. */
  readonly property: string
  /** Lower case. */
  readonly name: string
  readonly form: HeaderForm
  readonly isAll: boolean
}

const forms: readonly HeaderForm[] = [
  'Raw',
  'Text',
  'Addresses',
  'GroupedAddresses',
  'MessageIds',
  'Date',
  'URLs',
]

const addressForms: readonly HeaderForm[] = ['Addresses', 'GroupedAddresses']
/** The forms of the fields of RFC 5322 and RFC 2369; all others may be had in any form (RFC 8621 sections 4.1.2.1 to 4.1.2.7). */
const formsByName: ReadonlyMap<string, readonly HeaderForm[]> = new Map([
  ...['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'].map((name) => [name, addressForms] as const),
  ...[
    'resent-from',
    'resent-sender',
    'resent-reply-to',
    'resent-to',
    'resent-cc',
    'resent-bcc',
  ].map((name) => [name, addressForms] as const),
  ...['message-id', 'in-reply-to', 'references', 'resent-message-id'].map(
    (name) => [name, ['MessageIds']] as const,
  ),
  ...['date', 'resent-date'].map((name) => [name, ['Date']] as const),
  ...['subject', 'comments', 'keywords'].map((name) => [name, ['Text']] as const),
  ...[
    'list-help',
    'list-unsubscribe',
    'list-subscribe',
    'list-post',
    'list-owner',
    'list-archive',
  ].map((name) => [name, ['URLs']] as const),
  ...['return-path', 'received'].map((name) => [name, []] as const),
] as readonly (readonly [string, readonly HeaderForm[]])[])

/** Undefined: no such property, or a form that the field does not have (RFC 8621 section 4.1.3). */
export function parseHeaderProperty(property: string): HeaderProperty | undefined {
  const match = /^header:([\x21-\x39\x3b-\x7e]{1,200})(?::as([A-Za-z]+))?(:all)?$/.exec(property)
  if (match === null) return undefined
  const name = (match[1] ?? '').toLowerCase()
  const form = forms.find((known) => known === (match[2] ?? 'Raw'))
  if (form === undefined) return undefined
  const allowed = formsByName.get(name)
  if (form !== 'Raw' && allowed !== undefined && !allowed.includes(form)) return undefined
  return { property, name, form, isAll: match[3] !== undefined }
}

/** What of a field is read in a form: a list of thousands of addresses. The raw form has all of it. */
const maxReadLength = 131_072

/** A raw field value in the form asked for; null when it cannot be read so. */
export function inForm(value: string, form: HeaderForm): unknown {
  if (form === 'Raw') return value.replaceAll('\0', '')
  const raw = value.slice(0, maxReadLength)
  switch (form) {
    case 'Text':
      return headerAsText(raw)
    case 'Addresses':
      return flatAddresses(parseAddressList(unfold(raw)))
    case 'GroupedAddresses':
      return groupedAddresses(parseAddressList(unfold(raw)))
    case 'MessageIds': {
      const ids = parseMessageIds(unfold(raw))
      return ids.length === 0 ? null : ids
    }
    case 'Date': {
      const date = parseDate(unfold(raw))
      return date === null ? null : zonedDate(date.at, date.offsetMinutes)
    }
    case 'URLs':
      return urlsOf(raw)
  }
}

// RFC 8621 section 4.1.2.2
function headerAsText(raw: string): string {
  return toNfc(decodeWords(unfold(raw)).replaceAll('\0', '').trim())
}

/** RFC 2369 section 2: a list in angle brackets, comments between them. */
function urlsOf(raw: string): string[] | null {
  const urls: string[] = []
  let from = 0
  while (urls.length < 100) {
    const open = raw.indexOf('<', from)
    if (open === -1) break
    const close = raw.indexOf('>', open)
    if (close === -1) break
    urls.push(raw.slice(open + 1, close).replace(/\s/g, ''))
    from = close + 1
  }
  return urls.length === 0 ? null : urls
}
