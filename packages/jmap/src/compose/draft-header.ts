import { parseAddress } from '@gatepost/core'
import { z } from 'zod'

import { parseHeaderProperty, type HeaderForm } from '../mail/header-form.ts'
import { parseJmapDate } from '../mail/jmap-date.ts'
import { invalidProperties } from '../protocol/set-error.ts'

/** A header field to be written. */
export interface DraftHeader {
  readonly name: string
  readonly value: DraftHeaderValue
  /** Of the property that it comes from, for errors: `subject`, `textBody/0/header:X-A:asText`. */
  readonly path: string
}
export type DraftHeaderValue =
  /** As it is: it has been checked for line ends. */
  | { readonly kind: 'raw'; readonly text: string }
  /** To be encoded. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'addresses'; readonly groups: readonly DraftGroup[] }
export interface DraftGroup {
  /** Null: addresses outside a group. */
  readonly name: string | null
  readonly addresses: readonly { readonly name: string | null; readonly email: string }[]
}

const maxAddresses = 1000
// Nothing that could end the field or be read as the start of another.
const text = z
  .string()
  .max(10_000)
  .refine((value) => !/\p{Cc}/u.test(value), 'no control characters')
const address = z.strictObject({
  name: text.nullish().transform((name) => name ?? null),
  email: text.refine((email) => parseAddress(email) !== undefined, 'no address'),
})
/** A list of EmailAddress objects (RFC 8621 section 4.1.2.3). */
export const addressesSchema: z.ZodType<DraftGroup['addresses']> = z
  .array(address)
  .max(maxAddresses)
const groups = z
  .array(z.strictObject({ name: text.nullable(), addresses: addressesSchema }))
  .max(maxAddresses)
const messageId = z.string().regex(/^[^\s<>\p{Cc}]{1,500}$/u, 'no message id')
const url = z.string().regex(/^[\x21-\x3b\x3d\x3f-\x7e]{1,2000}$/, 'no URL')
/** RFC 2369 section 2: white space inside a URL is none of it. */
const longPiece = /.{900}(?=.)/g
/** Folded lines, each going on with white space and something behind it. */
const raw = z
  .string()
  .max(100_000)
  .regex(/^(?:[^\r\n\0]|\r\n[ \t]+[^\s\p{Cc}])*$/u, 'no header value')

const convenience: Readonly<Record<string, { readonly name: string; readonly form: HeaderForm }>> =
  {
    messageId: { name: 'Message-ID', form: 'MessageIds' },
    inReplyTo: { name: 'In-Reply-To', form: 'MessageIds' },
    references: { name: 'References', form: 'MessageIds' },
    sender: { name: 'Sender', form: 'Addresses' },
    from: { name: 'From', form: 'Addresses' },
    to: { name: 'To', form: 'Addresses' },
    cc: { name: 'Cc', form: 'Addresses' },
    bcc: { name: 'Bcc', form: 'Addresses' },
    replyTo: { name: 'Reply-To', form: 'Addresses' },
    subject: { name: 'Subject', form: 'Text' },
    sentAt: { name: 'Date', form: 'Date' },
  }

/** Properties of an Email, or of a part, that make header fields. */
export function isHeaderProperty(property: string): boolean {
  return Object.hasOwn(convenience, property) || property.startsWith('header:')
}

/** The fields that one property makes; none for null. `path`: where it is in the Email. @throws SetError invalidProperties */
export function draftHeaders(
  property: string,
  value: unknown,
  path: string = property,
): DraftHeader[] {
  const known = Object.hasOwn(convenience, property) ? convenience[property] : undefined
  const parsed = known === undefined ? parseHeaderProperty(property) : undefined
  const form = known?.form ?? parsed?.form
  // As the client wrote the name: that is how it will look.
  const name = known?.name ?? property.slice('header:'.length).split(':')[0] ?? ''
  const place = path.slice(0, 300)
  if (form === undefined) throw invalidProperties([place], 'No such header property')
  if (value === null || value === undefined) return []
  if (parsed?.isAll !== true) return [{ name, value: headerValue(place, form, value), path: place }]
  if (!Array.isArray(value) || value.length > 100)
    throw invalidProperties([place], 'A list is expected')
  return value.map((one: unknown, at) => ({
    name,
    value: headerValue(`${place}/${at}`, form, one),
    path: place,
  }))
}

/** RFC 8621 section 4.6: no two properties may represent the same field. @throws SetError invalidProperties, with both */
export function checkNotTwice(headers: readonly DraftHeader[]): void {
  const paths = new Map<string, string>()
  for (const { name, path } of headers) {
    const key = name.toLowerCase()
    const other = paths.get(key)
    if (other !== undefined && other !== path)
      throw invalidProperties([other, path], 'The same field twice')
    paths.set(key, path)
  }
}

function headerValue(place: string, form: HeaderForm, value: unknown): DraftHeaderValue {
  const read = <T>(schema: z.ZodType<T>): T => {
    const result = schema.safeParse(value)
    if (result.success) return result.data
    const [issue] = result.error.issues
    const inner = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    const path = [place, ...(issue?.path ?? []).map(String), ...inner].join('/')
    throw invalidProperties([path.slice(0, 400)], issue?.message ?? '')
  }
  switch (form) {
    case 'Raw':
      return { kind: 'raw', text: read(raw).replace(/^[ \t]+/, '') }
    case 'Text':
      return { kind: 'text', text: read(text) }
    case 'Addresses':
      return { kind: 'addresses', groups: [{ name: null, addresses: read(addressesSchema) }] }
    case 'GroupedAddresses':
      return { kind: 'addresses', groups: read(groups) }
    case 'MessageIds':
      return {
        kind: 'raw',
        text: read(z.array(messageId).min(1).max(1000))
          .map((id) => `<${id}>`)
          .join('\r\n '),
      }
    case 'URLs':
      return {
        kind: 'raw',
        text: read(z.array(url).min(1).max(100))
          .map((one) => `<${one.replaceAll(longPiece, '$&\r\n ')}>`)
          .join(',\r\n '),
      }
    case 'Date': {
      const date = parseJmapDate(value)
      if (date === undefined) throw invalidProperties([place], 'No date')
      return { kind: 'raw', text: rfc5322Date(date.at, date.offsetMinutes) }
    }
  }
}

/** RFC 5322 section 3.3. */
export function rfc5322Date(at: number, offsetMinutes: number): string {
  const [day = '', rest = ''] = new Date(at + offsetMinutes * 60_000).toUTCString().split(', ')
  const minutes = Math.abs(offsetMinutes)
  const zone = String(Math.floor(minutes / 60) * 100 + (minutes % 60)).padStart(4, '0')
  return `${day}, ${rest.replace(' GMT', '')} ${offsetMinutes < 0 ? '-' : '+'}${zone}`
}
