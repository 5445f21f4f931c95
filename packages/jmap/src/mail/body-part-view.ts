import { fileNameOf, renderedType, type MimePart } from '@gatepost/mime'

import { weigh } from '../json/weigh.ts'
import type { HeaderProperty } from './header-form.ts'
import { headerValue } from './header-property-value.ts'
import { decodedSize, type MessageSource } from './message-source.ts'
import { partBlobId } from './part-blob-id.ts'

// RFC 8621 section 4.2
export const defaultBodyProperties: readonly string[] = [
  'partId',
  'blobId',
  'size',
  'name',
  'type',
  'charset',
  'disposition',
  'cid',
  'language',
  'location',
]

/** Header properties apart. */
export const bodyPartProperties: ReadonlySet<string> = new Set([
  ...defaultBodyProperties,
  'headers',
  'subParts',
])

export interface BodyPartProperties {
  readonly plain: readonly string[]
  readonly headers: readonly HeaderProperty[]
}

/** A leaf has content of its own. */
function isLeaf(part: MimePart): boolean {
  return part.parts.length === 0
}

/**
 * EmailBodyPart (RFC 8621 section 4.1.4), charged as part of the answer. `outerId`: the email or the blob that it is a part of.
 * @throws BudgetExceeded, MailError
 */
export async function viewBodyPart(
  part: MimePart,
  properties: BodyPartProperties,
  source: MessageSource,
  outerId: string,
): Promise<Record<string, unknown>> {
  const view: Record<string, unknown> = {}
  for (const property of properties.plain)
    if (property !== 'subParts')
      view[property] = await plainProperty(part, property, source, outerId)
  await weigh(view, source.budget, true)
  if (properties.plain.includes('subParts'))
    view['subParts'] = isLeaf(part)
      ? null
      : await viewBodyParts(part.parts, properties, source, outerId)
  for (const header of properties.headers)
    view[header.property] = await headerValue(await source.header(part), header, source)
  return view
}

export async function viewBodyParts(
  parts: readonly MimePart[],
  properties: BodyPartProperties,
  source: MessageSource,
  outerId: string,
): Promise<Record<string, unknown>[]> {
  const views: Record<string, unknown>[] = []
  for (const part of parts) views.push(await viewBodyPart(part, properties, source, outerId))
  return views
}

async function plainProperty(
  part: MimePart,
  property: string,
  source: MessageSource,
  outerId: string,
): Promise<unknown> {
  switch (property) {
    case 'partId':
      return isLeaf(part) ? part.section : null
    case 'blobId':
      return isLeaf(part) ? partBlobId(outerId, part.section) : null
    case 'size':
      return isLeaf(part) ? decodedSize(part) : 0
    case 'headers':
      return (await source.header(part)).fields
    case 'name':
      return fileNameOf(part)
    case 'type':
      return typeOf(part)
    case 'charset':
      return part.type === 'text' ? (part.params['charset'] ?? 'us-ascii') : null
    case 'disposition':
      return part.disposition?.type ?? null
    case 'cid':
      return part.contentId
    case 'language':
      return part.languages.length === 0 ? null : part.languages
    case 'location':
      return part.location
    default:
      return undefined
  }
}

/** A multipart that was not opened has no parts to show, so it is none to the client. */
function typeOf(part: MimePart): string {
  const { type, subtype } = part.type === 'multipart' ? renderedType(part) : part
  return `${type}/${subtype}`
}
