import {
  CANNOT_CALCULATE_CHANGES,
  type CannotCalculateChanges,
  type IdChanges,
  type MailReader,
  type ModSeq,
} from '@gatepost/core'
import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { idSchema, readArguments, readState } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import type { MethodAnswer } from './method.ts'

const schema = z.strictObject({
  accountId: idSchema,
  sinceState: z.string().max(64),
  maxChanges: z.int().min(1).nullish(),
})

const mostChanges = 4096

/** RFC 8620 section 5.2. */
export async function answerChanges<C extends IdChanges<string>>(
  args: unknown,
  context: CallContext,
  find: (reader: MailReader, since: ModSeq, limit: number) => Promise<C | CannotCalculateChanges>,
  more: (changes: C) => object = () => ({}),
): Promise<MethodAnswer> {
  const { accountId, sinceState, maxChanges } = readArguments(schema, args)
  const since = readState(sinceState)
  const limit = Math.min(maxChanges ?? mostChanges, mostChanges)
  return context.read(accountId, async (reader) => {
    if (since > reader.state) throw new MethodError('cannotCalculateChanges')
    const changes = await find(reader, since, limit)
    if (changes === CANNOT_CALCULATE_CHANGES) throw new MethodError('cannotCalculateChanges')
    return {
      args: {
        accountId,
        oldState: sinceState,
        newState: String(changes.newState),
        hasMoreChanges: changes.hasMore,
        created: changes.created,
        updated: changes.updated,
        destroyed: changes.destroyed,
        ...more(changes),
      },
    }
  })
}
