import type { Access } from '@gatepost/core'

import type { RequestBudget } from '../budget/request-budget.ts'
import { CallContext, type OutgoingMail, type Services } from '../methods/call-context.ts'
import type { MethodTable } from '../methods/method.ts'
import { processRequest } from '../methods/process-request.ts'
import { readRequest } from '../protocol/request-object.ts'
import { sessionState } from './session-resource.ts'

export interface Requester {
  readonly services: Services
  readonly methods: MethodTable
  readonly access: Access
  readonly outgoing: OutgoingMail
  readonly budget: RequestBudget
  /** The client waits for no answer any more. */
  readonly gone?: AbortSignal | undefined
}

/** The Response object to a Request object (RFC 8620 sections 3.3 and 3.4), whatever carried it. @throws ProblemError */
export async function answerRequest(value: unknown, requester: Requester): Promise<object> {
  const { services, methods, access } = requester
  const request = readRequest(value, services.limits.maxCallsInRequest)
  const createdIds = new Map(Object.entries(request.createdIds ?? {}))
  const context = new CallContext(requester, createdIds)
  const responses = await processRequest(request, context, methods)
  return {
    methodResponses: responses.map(({ name, args, callId }) => [name, args, callId]),
    ...(request.createdIds === null ? {} : { createdIds: Object.fromEntries(context.createdIds) }),
    sessionState: sessionState(access, services.limits),
  }
}
