import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { idSchema, readArguments } from './arguments.ts'
import type { Method } from './method.ts'
import { getShape, normaliseGet } from './standard-get.ts'
import { queryShape } from './standard-query.ts'
import { submissionState } from './submission-set.ts'

const getSchema = z.strictObject(getShape)

/** RFC 8621 section 7.1 lets a server forget a submission when it is final: here that is at once. */
export const submissionGet: Method = {
  capability: capabilities.submission,
  run: (args, context) => {
    const { accountId, ids } = normaliseGet(readArguments(getSchema, args), context)
    context.checkAccount(accountId)
    return { args: { accountId, state: submissionState, list: [], notFound: ids ?? [] } }
  },
}

const changesSchema = z.strictObject({
  accountId: idSchema,
  sinceState: z.string().max(64),
  maxChanges: z.int().min(1).nullish(),
})

// RFC 8621 section 7.2
export const submissionChanges: Method = {
  capability: capabilities.submission,
  run: (args, context) => {
    const { accountId, sinceState } = readArguments(changesSchema, args)
    context.checkAccount(accountId)
    if (sinceState !== submissionState) throw new MethodError('cannotCalculateChanges')
    return { args: noChanges(accountId, submissionState) }
  },
}

function noChanges(accountId: string, state: string): object {
  return {
    accountId,
    oldState: state,
    newState: state,
    hasMoreChanges: false,
    created: [],
    updated: [],
    destroyed: [],
  }
}

const querySchema = z.strictObject(queryShape)

// RFC 8621 section 7.3
export const submissionQuery: Method = {
  capability: capabilities.submission,
  run: (args, context) => {
    const { accountId, calculateTotal } = readArguments(querySchema, args)
    context.checkAccount(accountId)
    const total = calculateTotal === true ? { total: 0 } : {}
    return {
      args: {
        accountId,
        queryState: submissionState,
        canCalculateChanges: false,
        position: 0,
        ids: [],
        ...total,
      },
    }
  },
}
