import type { Email } from '@gatepost/core'
import {
  bodyLists,
  parseDate,
  toNfc,
  walkParts,
  type Address,
  type MimeIndex,
  type MimePart,
} from '@gatepost/mime'

import { weigh } from '../json/weigh.ts'
import { flatAddresses, type EmailAddressView } from './addresses.ts'
import { viewBodyPart, viewBodyParts } from './body-part-view.ts'
import { bodyValue, type BodyValueView } from './body-value.ts'
import type { EmailProperties } from './email-properties.ts'
import { headerValue } from './header-property-value.ts'
import { utcDate, zonedDate } from './jmap-date.ts'
import type { MessageSource } from './message-source.ts'

/** A message to be shown: `email` null when it is only a blob (Email/parse). */
export interface ShownMessage {
  readonly email: Email | null
  readonly blobId: string
  readonly size: number
  readonly index: MimeIndex
  readonly source: MessageSource
}

/** An Email object with the properties asked for (RFC 8621 section 4.1), charged as part of the answer. @throws BudgetExceeded, MailError */
export async function viewEmail(
  message: ShownMessage,
  wanted: EmailProperties,
): Promise<Record<string, unknown>> {
  const { source, index } = message
  const view: Record<string, unknown> = {}
  for (const property of wanted.plain)
    if (!isBodyProperty(property)) view[property] = plainProperty(message, property)
  if (wanted.plain.includes('headers')) view['headers'] = (await source.header(index.root)).fields
  await weigh(view, source.budget, true)
  for (const property of wanted.plain)
    if (isBodyProperty(property)) view[property] = await bodyProperty(message, property, wanted)
  for (const header of wanted.headers)
    view[header.property] = await headerValue(await source.header(index.root), header, source)
  return view
}

function plainProperty(message: ShownMessage, property: string): unknown {
  const { email, index } = message
  switch (property) {
    case 'id':
      return email?.id ?? null
    case 'blobId':
      return message.blobId
    case 'threadId':
      return email?.threadId ?? null
    case 'mailboxIds':
      return email === null ? null : asSet(email.mailboxIds)
    case 'keywords':
      return email === null ? null : asSet(email.keywords)
    case 'size':
      return message.size
    case 'receivedAt':
      return email === null ? null : utcDate(email.receivedAt)
    case 'hasAttachment':
      return index.hasAttachment
    case 'preview':
      return index.preview
    default:
      return envelopeProperty(index, property)
  }
}

const bodyPropertyNames = [
  'bodyStructure',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
] as const
type BodyProperty = (typeof bodyPropertyNames)[number]

function isBodyProperty(property: string): property is BodyProperty {
  return (bodyPropertyNames as readonly string[]).includes(property)
}

async function bodyProperty(
  message: ShownMessage,
  property: BodyProperty,
  wanted: EmailProperties,
): Promise<unknown> {
  const { source } = message
  const { root } = message.index
  const outerId = message.email?.id ?? message.blobId
  if (property === 'bodyValues') return bodyValues(message, wanted)
  if (property !== 'bodyStructure')
    return viewBodyParts(bodyLists(root)[property], wanted.body, source, outerId)
  const withParts = wanted.body.plain.includes('subParts')
    ? wanted.body
    : { ...wanted.body, plain: [...wanted.body.plain, 'subParts'] }
  return viewBodyPart(root, withParts, source, outerId)
}

async function bodyValues(
  { index, source }: ShownMessage,
  wanted: EmailProperties,
): Promise<Record<string, BodyValueView>> {
  const lists = bodyLists(index.root)
  const parts = new Set<MimePart>()
  if (wanted.bodyValues.ofText) for (const part of lists.textBody) parts.add(part)
  if (wanted.bodyValues.ofHtml) for (const part of lists.htmlBody) parts.add(part)
  if (wanted.bodyValues.ofAll) for (const part of ownParts(index.root)) parts.add(part)
  const values: Record<string, BodyValueView> = {}
  for (const part of parts) {
    if (part.type !== 'text') continue
    const value = await bodyValue(source, part, wanted.bodyValues.maxBytes)
    await weigh(value, source.budget, true)
    values[part.section] = value
  }
  return values
}

/** Those of bodyStructure: what is inside an attached message is not among them. */
function ownParts(root: MimePart): MimePart[] {
  const inner = new Set<MimePart>()
  for (const part of walkParts(root))
    if (part.message !== null) for (const hidden of walkParts(part.message.root)) inner.add(hidden)
  return [...walkParts(root)].filter((part) => !inner.has(part) && part.parts.length === 0)
}

function envelopeProperty({ envelope }: MimeIndex, property: string): unknown {
  switch (property) {
    case 'messageId':
      return idsOrNull(envelope.messageIds)
    case 'inReplyTo':
      return idsOrNull(envelope.inReplyToIds)
    case 'references':
      return idsOrNull(envelope.referenceIds)
    case 'sender':
    case 'from':
    case 'replyTo':
      return addressesOrNull(envelope[property])
    // RFC 8621 section 4.1.3: as header:To:asAddresses, which is the last field of the name.
    case 'to':
    case 'cc':
    case 'bcc':
      return addressesOrNull(envelope[property].slice(envelope.earlier?.[property] ?? 0))
    case 'subject':
      return envelope.subject === null ? null : toNfc(envelope.subject)
    case 'sentAt': {
      const date = envelope.date === null ? null : parseDate(envelope.date)
      return date === null ? null : zonedDate(date.at, date.offsetMinutes)
    }
    default:
      return undefined
  }
}

function idsOrNull(ids: readonly string[]): readonly string[] | null {
  return ids.length === 0 ? null : ids
}

function addressesOrNull(list: readonly Address[]): EmailAddressView[] | null {
  const addresses = flatAddresses(list)
  return addresses.length === 0 ? null : addresses
}

function asSet(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true]))
}
