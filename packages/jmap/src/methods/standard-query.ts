import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { idSchema, intSchema, unsignedIntSchema } from './arguments.ts'

/** A sort comparator (RFC 8620 section 5.5), with the keyword of RFC 8621 section 4.4.2. */
export interface Comparator {
  readonly property: string
  readonly isAscending?: boolean | undefined
  readonly collation?: string | null | undefined
  readonly keyword?: string | null | undefined
}

export interface QueryArguments {
  readonly accountId: string
  readonly filter?: unknown
  readonly sort?: readonly Comparator[] | null | undefined
  readonly position?: number | undefined
  readonly anchor?: string | null | undefined
  readonly anchorOffset?: number | undefined
  readonly limit?: number | null | undefined
  readonly calculateTotal?: boolean | undefined
}

/** Members that it does not know say nothing: clients write the same ones into the comparators of every type. */
const comparatorSchema: z.ZodType<Comparator> = z.object({
  property: z.string().max(100),
  isAscending: z.boolean().optional(),
  collation: z.string().max(100).nullish(),
  keyword: z.string().max(255).nullish(),
})

/** The arguments that every /query has. */
export const queryShape: {
  readonly accountId: z.ZodType<string>
  readonly filter: z.ZodType
  readonly sort: z.ZodType<readonly Comparator[] | null | undefined>
  readonly position: z.ZodType<number | undefined>
  readonly anchor: z.ZodType<string | null | undefined>
  readonly anchorOffset: z.ZodType<number | undefined>
  readonly limit: z.ZodType<number | null | undefined>
  readonly calculateTotal: z.ZodType<boolean | undefined>
} = {
  accountId: idSchema,
  filter: z.unknown().optional(),
  sort: z.array(comparatorSchema).max(16).nullish(),
  position: intSchema.optional(),
  anchor: idSchema.nullish(),
  anchorOffset: intSchema.optional(),
  limit: unsignedIntSchema.nullish(),
  calculateTotal: z.boolean().optional(),
}

/** Checks the collations: there is one order for text here. */
export function checkCollations(sort: readonly Comparator[] | null | undefined): void {
  const bad = sort?.find(
    ({ collation }) => (collation ?? 'i;unicode-casemap') !== 'i;unicode-casemap',
  )
  if (bad !== undefined) throw new MethodError('unsupportedSort', 'No such collation')
}

/** The window of a query into its results (RFC 8620 section 5.5). @throws MethodError anchorNotFound */
export function windowOf(
  ids: readonly string[],
  args: QueryArguments,
  maxLimit: number,
): { readonly position: number; readonly ids: readonly string[]; readonly limit?: number } {
  const start = startOf(ids, args)
  const asked = args.limit ?? ids.length
  const limit = Math.min(asked, maxLimit)
  const window = ids.slice(start, start + limit)
  // Told only when it is not the client's own.
  const isOurs = limit < asked && start + limit < ids.length
  return { position: start, ids: window, ...(isOurs ? { limit } : {}) }
}

function startOf(ids: readonly string[], args: QueryArguments): number {
  const { anchor, anchorOffset = 0, position = 0 } = args
  if (anchor !== undefined && anchor !== null) {
    const index = ids.indexOf(anchor)
    if (index === -1) throw new MethodError('anchorNotFound')
    return Math.max(0, index + anchorOffset)
  }
  return position < 0 ? Math.max(0, ids.length + position) : position
}
