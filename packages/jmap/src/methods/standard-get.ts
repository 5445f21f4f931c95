import type { MailReader } from '@gatepost/core'
import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { idSchema, readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import type { MethodAnswer } from './method.ts'

export interface GetArguments {
  readonly accountId: string
  /** Without doubles; null: all. */
  readonly ids: readonly string[] | null
  readonly properties: readonly string[] | null
}

/** The arguments that every /get has (RFC 8620 section 5.1). */
export const getShape: {
  readonly accountId: z.ZodType<string>
  readonly ids: z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodType<string>>>>
  readonly properties: z.ZodOptional<z.ZodNullable<z.ZodArray<z.ZodString>>>
} = {
  accountId: idSchema,
  ids: z.array(idSchema).nullish(),
  properties: z.array(z.string().max(1000)).max(500).nullish(),
}
const getSchema = z.strictObject(getShape)

export interface StandardGet<T extends { readonly id: string }> {
  /** The objects with these ids, or all of them. */
  readonly find: (reader: MailReader, ids: readonly string[] | null) => Promise<readonly T[]>
  readonly properties: ReadonlySet<string>
  readonly hasAll: boolean
}

/** RFC 8620 section 5.1 for types whose objects are small. */
export async function answerGet<T extends { readonly id: string }>(
  args: unknown,
  context: CallContext,
  options: StandardGet<T>,
): Promise<MethodAnswer> {
  const parsed = normaliseGet(readArguments(getSchema, args), context)
  if (parsed.ids === null && !options.hasAll)
    throw new MethodError('requestTooLarge', 'Name the ids')
  const { properties } = parsed
  checkProperties(properties, options.properties)
  // The state before the first: what changes meanwhile is told again by /changes.
  const state = await context.read(parsed.accountId, (reader) => String(reader.state))
  const found: T[] = []
  for (const ids of slicesOf(parsed.ids)) {
    await context.budget.step({ nodes: nodesPerObject * (ids?.length ?? slice) })
    found.push(...(await context.read(parsed.accountId, (reader) => options.find(reader, ids))))
  }
  const known = new Set(found.map(({ id }) => id))
  return {
    args: {
      accountId: parsed.accountId,
      state,
      list: found.map((object) => pick(object, properties)),
      notFound: parsed.ids?.filter((id) => !known.has(id)) ?? [],
    },
  }
}

/** Objects read in one go, before others get their turn. */
const slice = 32
const nodesPerObject = 16

function* slicesOf(ids: readonly string[] | null): Iterable<readonly string[] | null> {
  if (ids === null) yield null
  else for (let from = 0; from < ids.length; from += slice) yield ids.slice(from, from + slice)
}

export function normaliseGet(
  args: {
    readonly accountId: string
    readonly ids?: readonly string[] | null | undefined
    readonly properties?: readonly string[] | null | undefined
  },
  context: CallContext,
): GetArguments {
  const ids = args.ids === undefined || args.ids === null ? null : withinGet(args.ids, context)
  return { accountId: args.accountId, ids, properties: args.properties ?? null }
}

/** Each once. @throws MethodError requestTooLarge when they are more than one call may name */
export function withinGet(ids: readonly string[], context: CallContext): readonly string[] {
  const each = [...new Set(ids)]
  if (each.length > context.services.limits.maxObjectsInGet)
    throw new MethodError('requestTooLarge')
  return each
}

export function checkProperties(
  properties: readonly string[] | null,
  known: ReadonlySet<string>,
): void {
  const unknown = properties?.find((property) => !known.has(property))
  if (unknown !== undefined)
    throw new MethodError('invalidArguments', `No such property: ${unknown.slice(0, 100)}`)
}

export function pick(object: object, properties: readonly string[] | null): object {
  if (properties === null) return object
  const wanted = new Set(['id', ...properties])
  return Object.fromEntries(Object.entries(object).filter(([name]) => wanted.has(name)))
}
