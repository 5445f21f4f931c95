import { z } from 'zod'

import { isObject } from '../protocol/request-object.ts'
import { invalidProperties, type SetError } from '../protocol/set-error.ts'
import { checkNotTwice, draftHeaders, type DraftHeader } from './draft-header.ts'

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
    .regex(/^[\x21-\x7e]{1,900}$/, 'no location')
    .nullish(),
  subParts: z.array(z.unknown()).max(200).nullish(),
})
type PlainPart = z.infer<typeof partSchema>

export type BodyValues = ReadonlyMap<string, string>

const bodyValueSchema = z.strictObject({
  value: z.string(),
  isEncodingProblem: z.literal(false).optional(),
  isTruncated: z.literal(false).optional(),
})

/** RFC 8621 section 4.6: neither flag may be true. @throws SetError invalidProperties */
export function readBodyValues(value: unknown): BodyValues {
  const result = z.record(z.string().max(255), bodyValueSchema).nullish().safeParse(value)
  if (!result.success) throw invalidAt('bodyValues', result.error)
  return new Map(Object.entries(result.data ?? {}).map(([partId, body]) => [partId, body.value]))
}

const maxDepth = 10

/** An EmailBodyPart as a client writes it (RFC 8621 section 4.6); `place` is its path in the Email. @throws SetError invalidProperties */
export function readDraftPart(
  value: unknown,
  place: string,
  values: BodyValues,
  depth: number = 0,
): DraftPart {
  if (depth > maxDepth) throw invalidProperties([place.slice(0, 200)], 'Nested too deep')
  const { plain, headers } = splitPart(value, place)
  const result = partSchema.safeParse(plain)
  if (!result.success) throw invalidAt(place, result.error)
  const part = result.data
  const type = part.type?.toLowerCase()
  const isMultipart = type?.startsWith('multipart/') ?? false
  const content = contentOf(part, { place, values, depth, isMultipart })
  return {
    type: type ?? defaultType[content.kind],
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

const defaultType = {
  text: 'text/plain',
  blob: 'application/octet-stream',
  parts: 'multipart/mixed',
} as const

interface PartContext {
  readonly place: string
  readonly values: BodyValues
  readonly depth: number
  readonly isMultipart: boolean
}

function contentOf(part: PlainPart, context: PartContext): DraftPart['content'] {
  const { place, isMultipart } = context
  const { partId = null, blobId = null, subParts = null } = part
  const isBranch = isMultipart || (subParts !== null && (part.type ?? null) === null)
  if (isBranch) return branchOf(part, context)
  if (subParts !== null && subParts.length > 0)
    throw invalidProperties([`${place}/subParts`], 'Only a multipart has subParts')
  // RFC 8621 section 4.6: exactly one of them.
  if ((partId === null) === (blobId === null))
    throw invalidProperties([`${place}/partId`, `${place}/blobId`], 'Either partId or blobId')
  return blobId === null ? textOf(part, context) : { kind: 'blob', blobId }
}

function branchOf({ subParts, ...part }: PlainPart, context: PartContext): DraftPart['content'] {
  const { place, values, depth } = context
  const leafOnly = (['partId', 'blobId', 'charset'] as const).filter(
    (name) => (part[name] ?? null) !== null,
  )
  if (leafOnly.length > 0)
    throw invalidProperties(
      leafOnly.map((name) => `${place}/${name}`),
      'A multipart has subParts and no content of its own',
    )
  if ((subParts ?? []).length === 0)
    throw invalidProperties([`${place}/subParts`], 'A multipart has parts')
  const parts = (subParts ?? []).map((child, index) =>
    readDraftPart(child, `${place}/subParts/${index}`, values, depth + 1),
  )
  return { kind: 'parts', parts }
}

function textOf(part: PlainPart, { place, values }: PartContext): DraftPart['content'] {
  const value = values.get(part.partId ?? '')
  if (value === undefined) throw invalidProperties([`${place}/partId`], 'No such body value')
  // RFC 8621 section 4.6
  const ours = (['charset', 'size'] as const).filter((name) => (part[name] ?? null) !== null)
  if (ours.length > 0)
    throw invalidProperties(
      ours.map((name) => `${place}/${name}`),
      'The body value is written as the server likes',
    )
  return { kind: 'text', text: value }
}

/** What MIME itself writes: these say it twice. */
const ownFields =
  /^content-(?:type|disposition|id|language|location|transfer-encoding)$|^mime-version$/i

function splitPart(
  value: unknown,
  place: string,
): { plain: Record<string, unknown>; headers: DraftHeader[] } {
  if (!isObject(value)) throw invalidProperties([place.slice(0, 200)], 'A body part is an object')
  const plain: Record<string, unknown> = {}
  const headers: DraftHeader[] = []
  for (const [property, inner] of Object.entries(value)) {
    if (property.startsWith('header:'))
      headers.push(...draftHeaders(property, inner, `${place}/${property}`))
    else plain[property] = inner
  }
  const own = headers.find(({ name }) => ownFields.test(name))
  if (own !== undefined) throw invalidProperties([own.path], 'Use the property of the part')
  checkNotTwice(headers)
  return { plain, headers }
}

/** Every property that does not fit, by its path. */
function invalidAt(place: string, { issues }: z.ZodError): SetError {
  const paths = issues.flatMap((issue) => {
    const at = [place, ...issue.path.map(String)].join('/')
    return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => `${at}/${key}`) : [at]
  })
  return invalidProperties(
    paths.slice(0, 50).map((path) => path.slice(0, 300)),
    (issues[0]?.message ?? '').slice(0, 200),
  )
}
