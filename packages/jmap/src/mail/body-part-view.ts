import { fileNameOf, renderedType, type MimePart } from '@gatepost/mime'

import type { HeaderProperty } from './header-form.ts'
import { headerValue } from './header-property-value.ts'
import type { MessageSource } from './message-source.ts'
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

/** EmailBodyPart (RFC 8621 section 4.1.4). `emailId` null: of a message that is not stored as an email. */
export function viewBodyPart(
  part: MimePart,
  properties: BodyPartProperties,
  source: MessageSource,
  emailId: string | null,
): Record<string, unknown> {
  const view: Record<string, unknown> = {}
  for (const property of properties.plain)
    view[property] = plainProperty(part, property, { properties, source, emailId })
  for (const header of properties.headers)
    view[header.property] = headerValue(source.headers(part), header)
  return view
}

interface Surroundings {
  readonly properties: BodyPartProperties
  readonly source: MessageSource
  readonly emailId: string | null
}

function plainProperty(part: MimePart, property: string, around: Surroundings): unknown {
  switch (property) {
    case 'partId':
      return isLeaf(part) ? part.section : null
    case 'blobId':
      return isLeaf(part) && around.emailId !== null
        ? partBlobId(around.emailId, part.section)
        : null
    case 'size':
      return isLeaf(part) ? around.source.size(part) : 0
    case 'headers':
      return around.source.headers(part)
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
    case 'subParts':
      return isLeaf(part)
        ? null
        : part.parts.map((child) =>
            viewBodyPart(child, around.properties, around.source, around.emailId),
          )
    default:
      return undefined
  }
}

/** A multipart that was not opened has no parts to show, so it is none to the client. */
function typeOf(part: MimePart): string {
  const { type, subtype } = part.type === 'multipart' ? renderedType(part) : part
  return `${type}/${subtype}`
}
