import type { EmailHit } from '@gatepost/core'
import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { readArguments } from './arguments.ts'
import { readEmailFilter, readEmailSort } from './email-filter.ts'
import type { Method } from './method.ts'
import { queryShape, windowOf } from './standard-query.ts'

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
    const query = sort.length === 0 ? { where } : { where, sort }
    const { hits, state } = await context.budget.aside(() =>
      services.store.search(account.id, query, context.gone),
    )
    const shown = parsed.collapseThreads === true ? firstOfThreads(hits) : hits
    const ids = shown.map(({ emailId }) => emailId)
    const window = windowOf(ids, parsed, services.limits.maxObjectsInGet)
    return {
      args: {
        accountId: parsed.accountId,
        queryState: String(state),
        canCalculateChanges: false,
        ...window,
        ...(parsed.calculateTotal === true ? { total: ids.length } : {}),
      },
    }
  },
}

// RFC 8621 section 4.4.3
function firstOfThreads(hits: readonly EmailHit[]): EmailHit[] {
  const seen = new Set<string>()
  return hits.filter(({ threadId }) => !seen.has(threadId) && seen.add(threadId))
}

/** RFC 8620 section 5.6: told by `canCalculateChanges: false`, and still to be answered. */
export const queryChanges: Method = {
  capability: capabilities.mail,
  run: () => {
    throw new MethodError('cannotCalculateChanges')
  },
}
