import { z } from 'zod'

import { invalidProperties, SetError } from '../protocol/set-error.ts'
import { draftHeaders, isHeaderProperty, type DraftHeader } from './draft-header.ts'

/** A part of a message to be built. */
export interface DraftPart {
  /** Lower case: 'text/plain'. */
  readonly type: string
  readonly name: string | null
  readonly disposition: string | null
  readonly cid: string | null
  readonly language: readonly string[]
  readonly location: string | null
  readonly charset: string | null
  readonly headers: readonly DraftHeader[]
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'blob'; readonly blobId: string }
    | { readonly kind: 'parts'; readonly parts: readonly DraftPart[] }
}

const text = z
  .string()
  .max(1000)
  .refine((value) => !/\p{Cc}/u.test(value), 'no control characters')
const token = /^[A-Za-z0-9!#$&^_.+-]{1,127}$/
const partSchema = z.strictObject({
  partId: z.string().max(255).nullish(),
  blobId: z.string().max(255).nullish(),
  size: z.int().min(0).nullish(),
  name: text.nullish(),
  type: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9!#$&^_.+-]{1,127}\/[A-Za-z0-9!#$&^_.+-]{1,127}$/, 'no media type')
    .nullish(),
  charset: z.string().regex(token, 'no charset').nullish(),
  disposition: z.string().regex(token, 'no disposition').nullish(),
  cid: z
    .string()
    .regex(/^[^\s<>\p{Cc}]{1,500}$/u, 'no content id')
    .nullish(),
  language: z
    .array(z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'no language'))
    .max(20)
    .nullish(),
  location: z
    .string()
    .regex(/^[\x21-\x7e]{1,2000}$/, 'no location')
    .nullish(),
  subParts: z.array(z.unknown()).max(200).nullish(),
})

export type BodyValues = ReadonlyMap<string, string>

const bodyValueSchema = z.strictObject({
  value: z.string(),
  isEncodingProblem: z.literal(false).optional(),
  isTruncated: z.literal(false).optional(),
})

/** RFC 8621 section 4.6: neither flag may be true. @throws SetError invalidProperties */
export function readBodyValues(value: unknown): BodyValues {
  const result = z.record(z.string().max(255), bodyValueSchema).nullish().safeParse(value)
  if (!result.success) throw invalidProperties(['bodyValues'], 'No body values')
  return new Map(Object.entries(result.data ?? {}).map(([partId, body]) => [partId, body.value]))
}

const maxDepth = 10

/** An EmailBodyPart as a client writes it (RFC 8621 section 4.6). @throws SetError invalidProperties */
export function readDraftPart(
  value: unknown,
  place: string,
  values: BodyValues,
  depth: number = 0,
): DraftPart {
  if (depth > maxDepth) throw invalidProperties([place.slice(0, 200)], 'Nested too deep')
  const { plain, headers } = splitPart(value, place)
  const result = partSchema.safeParse(plain)
  if (!result.success)
    throw invalidProperties(
      [`${place}/${String(result.error.issues[0]?.path[0] ?? '')}`.slice(0, 200)],
      (result.error.issues[0]?.message ?? '').slice(0, 200),
    )
  const part = result.data
  const type = part.type?.toLowerCase()
  const content = contentOf(part, {
    place,
    values,
    depth,
    isMultipart: type?.startsWith('multipart/') ?? false,
  })
  const isText = content.kind === 'text'
  if (isText && (part.charset ?? null) !== null)
    throw invalidProperties([`${place}/charset`], 'Text from bodyValues is always UTF-8')
  return {
    type:
      type ??
      (isText
        ? 'text/plain'
        : content.kind === 'parts'
          ? 'multipart/mixed'
          : 'application/octet-stream'),
    name: part.name ?? null,
    disposition: part.disposition?.toLowerCase() ?? null,
    cid: part.cid ?? null,
    language: part.language ?? [],
    location: part.location ?? null,
    charset: part.charset ?? null,
    headers,
    content,
  }
}

interface PartContext {
  readonly place: string
  readonly values: BodyValues
  readonly depth: number
  readonly isMultipart: boolean
}

function contentOf(part: z.infer<typeof partSchema>, context: PartContext): DraftPart['content'] {
  const { place, values, depth, isMultipart } = context
  const { partId = null, blobId = null, subParts = null } = part
  const isBranch = isMultipart || (subParts !== null && part.type === undefined)
  if (isBranch) {
    if (partId !== null || blobId !== null || subParts === null || subParts.length === 0)
      throw invalidProperties([place.slice(0, 200)], 'A multipart has subParts and nothing else')
    return {
      kind: 'parts',
      parts: subParts.map((child, index) =>
        readDraftPart(child, `${place}/subParts/${index}`, values, depth + 1),
      ),
    }
  }
  if (subParts !== null && subParts.length > 0)
    throw invalidProperties([`${place}/subParts`], 'Only a multipart has subParts')
  // RFC 8621 section 4.6: exactly one of them.
  if ((partId === null) === (blobId === null))
    throw invalidProperties([place.slice(0, 200)], 'Either partId or blobId')
  if (blobId !== null) return { kind: 'blob', blobId }
  const value = values.get(partId ?? '')
  if (value === undefined)
    throw invalidProperties([`${place}/partId`.slice(0, 200)], 'No such body value')
  if (part.type !== undefined && part.type !== null && !/^text\//i.test(part.type))
    throw invalidProperties([`${place}/type`.slice(0, 200)], 'A body value is text')
  return { kind: 'text', text: value }
}

/** What MIME itself writes: these say it twice. */
const ownFields =
  /^content-(?:type|disposition|id|language|location|transfer-encoding)$|^mime-version$/i

function splitPart(
  value: unknown,
  place: string,
): { plain: Record<string, unknown>; headers: DraftHeader[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidProperties([place.slice(0, 200)], 'A body part is an object')
  const plain: Record<string, unknown> = {}
  const headers: DraftHeader[] = []
  for (const [property, inner] of Object.entries(value)) {
    if (property.startsWith('header:') && isHeaderProperty(property))
      headers.push(...draftHeaders(property, inner))
    else plain[property] = inner as unknown
  }
  const own = headers.find(({ name }) => ownFields.test(name))
  if (own !== undefined)
    throw new SetError({
      type: 'invalidProperties',
      properties: [`${place}/header:${own.name}`.slice(0, 300)],
      description: 'Use the property of the part',
    })
  return { plain, headers }
}
