import { mailAs } from '@gatepost/core'

import { CallContext, type Requester } from '../methods/call-context.ts'
import type { MethodTable } from '../methods/method.ts'
import { processRequest } from '../methods/process-request.ts'
import { readRequest } from '../protocol/request-object.ts'
import { sessionState } from './session-resource.ts'

export interface ApiRequester extends Requester {
  readonly methods: MethodTable
}

/** The Response object to a Request object (RFC 8620 sections 3.3 and 3.4), whatever carried it. @throws ProblemError */
export async function answerRequest(value: unknown, requester: ApiRequester): Promise<object> {
  const { services, methods, access } = requester
  const request = readRequest(value, services.limits.maxCallsInRequest)
  const createdIds = new Map(Object.entries(request.createdIds ?? {}))
  const store = mailAs(services.store, access)
  const context = new CallContext({ ...requester, services: { ...services, store } }, createdIds)
  const responses = await processRequest(request, context, methods)
  return {
    methodResponses: responses.map(({ name, args, callId }) => [name, args, callId]),
    ...(request.createdIds === null ? {} : { createdIds: Object.fromEntries(context.createdIds) }),
    sessionState: sessionState(access, services.limits),
  }
}
