import { MethodError } from '../protocol/method-error.ts'
import {
  bodyPartProperties,
  defaultBodyProperties,
  type BodyPartProperties,
} from './body-part-view.ts'
import { parseHeaderProperty, type HeaderProperty } from './header-form.ts'

/** What of an Email is asked for (RFC 8621 section 4.2). */
export interface EmailProperties {
  readonly plain: readonly string[]
  readonly headers: readonly HeaderProperty[]
  readonly body: BodyPartProperties
  readonly bodyValues: {
    readonly ofText: boolean
    readonly ofHtml: boolean
    readonly ofAll: boolean
    /** 0: no bound. */
    readonly maxBytes: number
  }
}

export interface EmailPropertyArguments {
  readonly properties?: readonly string[] | null | undefined
  readonly bodyProperties?: readonly string[] | null | undefined
  readonly fetchTextBodyValues?: boolean | undefined
  readonly fetchHTMLBodyValues?: boolean | undefined
  readonly fetchAllBodyValues?: boolean | undefined
  readonly maxBodyValueBytes?: number | undefined
}

/** By default of a message that is no email of the account (RFC 8621 section 4.9). */
export const parsedDefaults: readonly string[] = [
  'messageId',
  'inReplyTo',
  'references',
  'sender',
  'from',
  'to',
  'cc',
  'bcc',
  'replyTo',
  'subject',
  'sentAt',
  'hasAttachment',
  'preview',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
]
const storedDefaults: readonly string[] = [
  'id',
  'blobId',
  'threadId',
  'mailboxIds',
  'keywords',
  'size',
  'receivedAt',
  ...parsedDefaults,
]
const known: ReadonlySet<string> = new Set([...storedDefaults, 'headers', 'bodyStructure'])

/** Whether an Email has such a property. */
export function isEmailProperty(property: string): boolean {
  return known.has(property) || parseHeaderProperty(property) !== undefined
}

/** `defaults`: what is shown when nothing is named. @throws MethodError invalidArguments */
export function readEmailProperties(
  args: EmailPropertyArguments,
  defaults: readonly string[] = storedDefaults,
): EmailProperties {
  const top = split(args.properties ?? defaults, known)
  const body = split(args.bodyProperties ?? defaultBodyProperties, bodyPartProperties)
  return {
    plain: top.plain,
    headers: top.headers,
    body,
    bodyValues: {
      ofText: args.fetchTextBodyValues ?? false,
      ofHtml: args.fetchHTMLBodyValues ?? false,
      ofAll: args.fetchAllBodyValues ?? false,
      maxBytes: args.maxBodyValueBytes ?? 0,
    },
  }
}

/** Whether any of it is read from the message itself, which its index does not tell. */
export function readsMessage({ plain, headers, body, bodyValues }: EmailProperties): boolean {
  const { ofText, ofHtml, ofAll } = bodyValues
  const readsParts = body.headers.length > 0 || body.plain.includes('headers')
  return (
    headers.length > 0 ||
    plain.includes('headers') ||
    (plain.includes('bodyValues') && (ofText || ofHtml || ofAll)) ||
    (readsParts &&
      ['bodyStructure', 'textBody', 'htmlBody', 'attachments'].some((name) => plain.includes(name)))
  )
}

function split(
  properties: readonly string[],
  plainNames: ReadonlySet<string>,
): { plain: string[]; headers: HeaderProperty[] } {
  const plain: string[] = []
  const headers: HeaderProperty[] = []
  for (const property of new Set(properties)) {
    const header = property.startsWith('header:') ? parseHeaderProperty(property) : undefined
    if (header !== undefined) headers.push(header)
    else if (plainNames.has(property)) plain.push(property)
    else throw new MethodError('invalidArguments', `No such property: ${property.slice(0, 100)}`)
  }
  return { plain, headers }
}
