import { type EmailId, type EmailQuery, MailError, type QueryWindow } from '@gatepost/core'
import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { readArguments } from './arguments.ts'
import { readEmailFilter, readEmailSort } from './email-filter.ts'
import type { Method } from './method.ts'
import { type QueryArguments, queryShape } from './standard-query.ts'

const schema = z.strictObject({ ...queryShape, collapseThreads: z.boolean().optional() })

// RFC 8621 section 4.4
export const emailQuery: Method = {
  capability: capabilities.mail,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    const { account, services } = context
    const where = readEmailFilter(parsed.filter, services.limits)
    const sort = readEmailSort(parsed.sort)
    context.checkAccount(parsed.accountId)
    const { maxObjectsInGet } = services.limits
    const query: EmailQuery = {
      where,
      ...(sort.length === 0 ? {} : { sort }),
      window: windowOf(parsed, maxObjectsInGet),
      collapseThreads: parsed.collapseThreads === true,
      wantsTotal: parsed.calculateTotal === true,
    }
    const found = await context.budget.aside(() =>
      services.store.search(account.id, query, { signal: context.gone }).catch(asMethodError),
    )
    const isOurs = found.hasMore && query.window.limit < (parsed.limit ?? Infinity)
    return {
      args: {
        accountId: parsed.accountId,
        queryState: String(found.state),
        canCalculateChanges: false,
        position: found.position,
        ids: found.ids,
        // Told only when it is not the client's own.
        ...(isOurs ? { limit: query.window.limit } : {}),
        ...(found.total === undefined ? {} : { total: found.total }),
      },
    }
  },
}

/** The window of a query into its results (RFC 8620 section 5.5). */
function windowOf(args: QueryArguments, maxLimit: number): QueryWindow {
  const limit = Math.min(args.limit ?? maxLimit, maxLimit)
  const { anchor } = args
  if (anchor === undefined || anchor === null) return { position: args.position ?? 0, limit }
  return { anchor: anchor as EmailId, offset: args.anchorOffset ?? 0, limit }
}

function asMethodError(error: unknown): never {
  const isOfAnchor = error instanceof MailError && error.code === 'search.anchorNotFound'
  throw isOfAnchor ? new MethodError('anchorNotFound') : error
}

/** RFC 8620 section 5.6: told by `canCalculateChanges: false`, and still to be answered. */
export const queryChanges: Method = {
  capability: capabilities.mail,
  run: () => {
    throw new MethodError('cannotCalculateChanges')
  },
}
