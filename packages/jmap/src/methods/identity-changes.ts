import { CANNOT_CALCULATE_CHANGES } from '@gatepost/core'
import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { idSchema, readArguments } from './arguments.ts'
import { accountStateIn, identityState, identityType, ownAddresses } from './identities.ts'
import type { Method } from './method.ts'
import { answerChanges } from './standard-changes.ts'

const schema = z.looseObject({ accountId: idSchema, sinceState: z.string().max(64) })

// RFC 8621 section 6.2
export const identityChanges: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const { accountId, sinceState } = readArguments(schema, args)
    context.checkAccount(accountId)
    const own = await ownAddresses(context)
    const since = accountStateIn(sinceState, own)
    if (since === undefined) throw new MethodError('cannotCalculateChanges')
    const known = new Set(own.map(({ id }) => id))
    return answerChanges(
      { ...args, sinceState: since },
      context,
      async ({ changes }, from, limit) => {
        const found = await changes.records(identityType, from, limit)
        if (found === CANNOT_CALCULATE_CHANGES) return found
        // An identity is there with its address: the first settings are an update of it.
        const changed = [...found.created, ...found.updated, ...found.destroyed]
        const updated = changed.filter((id) => known.has(id))
        return { ...found, created: [], updated, destroyed: [] }
      },
      ({ newState }) => ({ oldState: sinceState, newState: identityState(newState, own) }),
    )
  },
}
