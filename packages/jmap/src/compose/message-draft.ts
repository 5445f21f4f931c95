import { isObject } from '../protocol/request-object.ts'
import { invalidProperties } from '../protocol/set-error.ts'
import { draftHeaders, isHeaderProperty, type DraftHeader } from './draft-header.ts'
import { readBodyValues, readDraftPart, type BodyValues, type DraftPart } from './draft-part.ts'

export interface MessageDraft {
  readonly headers: readonly DraftHeader[]
  readonly root: DraftPart
}

const placement: ReadonlySet<string> = new Set(['mailboxIds', 'keywords', 'receivedAt'])
const bodyProperties: ReadonlySet<string> = new Set([
  'bodyStructure',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
])

/** The message that an Email/set create describes (RFC 8621 section 4.6). @throws SetError invalidProperties */
export function readMessageDraft(object: Readonly<Record<string, unknown>>): MessageDraft {
  const headers: DraftHeader[] = []
  const writers = new Map<string, string>()
  for (const [property, value] of Object.entries(object)) {
    if (placement.has(property) || bodyProperties.has(property)) continue
    if (!isHeaderProperty(property))
      throw invalidProperties([property.slice(0, 200)], 'Not to be given on creation')
    for (const header of draftHeaders(property, value)) {
      const name = header.name.toLowerCase()
      if (name.startsWith('content-') || name === 'mime-version')
        throw invalidProperties([property.slice(0, 200)], 'Content fields belong to body parts')
      const other = writers.get(name)
      if (other !== undefined && other !== property)
        throw invalidProperties([other, property.slice(0, 200)], 'The same field twice')
      writers.set(name, property)
      headers.push(header)
    }
  }
  return { headers, root: rootOf(object) }
}

function rootOf(object: Readonly<Record<string, unknown>>): DraftPart {
  const values = readBodyValues(object['bodyValues'])
  const structure = object['bodyStructure'] ?? null
  const lists = ['textBody', 'htmlBody', 'attachments'].filter(
    (name) => (object[name] ?? null) !== null,
  )
  if (structure === null) return fromLists(object, values)
  if (lists.length > 0) throw invalidProperties(['bodyStructure', ...lists], 'Either of them')
  const root = readDraftPart(structure, 'bodyStructure', values)
  if (isObject(structure)) forbidMessageFields(root)
  return root
}

function forbidMessageFields(root: DraftPart): void {
  const [first] = root.headers
  if (first !== undefined)
    throw invalidProperties(['bodyStructure'], `Give ${first.name} as a property of the email`)
}

function fromLists(object: Readonly<Record<string, unknown>>, values: BodyValues): DraftPart {
  const text = onePart(object, 'textBody', values)
  const html = onePart(object, 'htmlBody', values)
  const files = listOf(object, 'attachments').map((part, index) =>
    attachment(readDraftPart(part, `attachments/${index}`, values)),
  )
  const isRelated = (part: DraftPart): boolean =>
    html !== undefined && part.cid !== null && part.disposition === 'inline'
  const related = files.filter(isRelated)
  const htmlTree =
    html === undefined || related.length === 0 ? html : multipart('related', [html, ...related])
  const bodies = [text, htmlTree].filter((part) => part !== undefined)
  const body = bodies.length > 1 ? multipart('alternative', bodies) : bodies[0]
  const rest = files.filter((part) => !isRelated(part))
  const [only] = rest
  if (rest.length === 0) return body ?? emptyText
  if (body === undefined && only !== undefined && rest.length === 1) return only
  return multipart('mixed', body === undefined ? rest : [body, ...rest])
}

function onePart(
  object: Readonly<Record<string, unknown>>,
  name: 'textBody' | 'htmlBody',
  values: BodyValues,
): DraftPart | undefined {
  const list = listOf(object, name)
  if (list.length === 0) return undefined
  const type = name === 'textBody' ? 'text/plain' : 'text/html'
  const [first] = list
  const part = readDraftPart(isObject(first) ? { type, ...first } : first, `${name}/0`, values)
  // RFC 8621 section 4.6: exactly one, of that type.
  if (list.length > 1 || part.type !== type) throw invalidProperties([name], `One ${type} part`)
  return part
}

function listOf(object: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = object[name] ?? []
  if (!Array.isArray(value) || value.length > 200)
    throw invalidProperties([name], 'A list of parts')
  return value
}

function attachment(part: DraftPart): DraftPart {
  return part.disposition === null ? { ...part, disposition: 'attachment' } : part
}

const noFields = {
  name: null,
  disposition: null,
  cid: null,
  language: [],
  location: null,
  charset: null,
  headers: [],
} as const
const emptyText: DraftPart = {
  ...noFields,
  type: 'text/plain',
  content: { kind: 'text', text: '' },
}

function multipart(subtype: string, parts: readonly DraftPart[]): DraftPart {
  return { ...noFields, type: `multipart/${subtype}`, content: { kind: 'parts', parts } }
}

/** Every blob that the message takes in. */
export function blobsOf(part: DraftPart): string[] {
  if (part.content.kind === 'blob') return [part.content.blobId]
  return part.content.kind === 'parts' ? part.content.parts.flatMap(blobsOf) : []
}
