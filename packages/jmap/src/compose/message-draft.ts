import { isObject } from '../protocol/request-object.ts'
import { invalidProperties } from '../protocol/set-error.ts'
import { checkNotTwice, draftHeaders, isHeaderProperty, type DraftHeader } from './draft-header.ts'
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
  const own = Object.entries(object).flatMap(([property, value]) => {
    if (placement.has(property) || bodyProperties.has(property)) return []
    if (!isHeaderProperty(property))
      throw invalidProperties([property.slice(0, 200)], 'Not to be given on creation')
    return draftHeaders(property, value)
  })
  const content = own.find(({ name }) => isContentField(name))
  if (content !== undefined)
    throw invalidProperties([content.path], 'Content fields belong to body parts')
  const root = rootOf(object)
  // The header of the message is that of its root: what is given there may not be given above as well.
  const headers = [...own, ...root.headers.filter(({ name }) => !isContentField(name))]
  checkNotTwice(headers)
  return {
    headers,
    root: { ...root, headers: root.headers.filter(({ name }) => isContentField(name)) },
  }
}

function isContentField(name: string): boolean {
  return /^(?:content-|mime-version$)/i.test(name)
}

function rootOf(object: Readonly<Record<string, unknown>>): DraftPart {
  const values = readBodyValues(object['bodyValues'])
  const structure = object['bodyStructure'] ?? null
  const lists = ['textBody', 'htmlBody', 'attachments'].filter(
    (name) => (object[name] ?? null) !== null,
  )
  if (structure === null) return fromLists(object, values)
  if (lists.length > 0) throw invalidProperties(['bodyStructure', ...lists], 'Either of them')
  return readDraftPart(structure, 'bodyStructure', values)
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
  const typed = isObject(first) ? { ...first, type: first['type'] ?? type } : first
  const part = readDraftPart(typed, `${name}/0`, values)
  // RFC 8621 section 4.6: exactly one, of that type.
  if (list.length > 1) throw invalidProperties([name], `One ${type} part`)
  if (part.type !== type) throw invalidProperties([`${name}/0/type`], `A ${type} part`)
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
