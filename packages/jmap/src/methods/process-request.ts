import { MailError } from '@gatepost/core'

import { BudgetExceeded } from '../budget/request-budget.ts'
import { weigh } from '../json/weigh.ts'
import { toMethodError } from '../protocol/mail-error-mapping.ts'
import { MethodError } from '../protocol/method-error.ts'
import type { Invocation, JmapRequest } from '../protocol/request-object.ts'
import { resolveReferences, type MethodResponse } from '../protocol/result-reference.ts'
import type { CallContext } from './call-context.ts'
import type { Method, MethodTable } from './method.ts'

/**
 * The calls of a request, one after the other (RFC 8620 section 3.10), each in a turn of its own; a failed call does not stop the next, but what is behind one
 * that was over the budget is not looked at.
 */
export async function processRequest(
  request: JmapRequest,
  context: CallContext,
  methods: MethodTable,
): Promise<readonly MethodResponse[]> {
  const responses: MethodResponse[] = []
  for (const call of request.methodCalls) {
    try {
      if (context.budget.isSpent) throw new BudgetExceeded()
      await context.budget.step({ nodes: nodesPerCall, answer: call.name.length + answerPerCall })
      await answerCall(call, { request, context, methods, responses })
    } catch (error) {
      const { type, message } = describeFailure(error, call, context)
      responses.push({
        name: 'error',
        args: message === '' ? { type } : { type, description: message },
        callId: call.callId,
      })
    }
  }
  return responses
}

/** A call costs something even when it has no arguments and no answer. */
const nodesPerCall = 256
const answerPerCall = 1024

interface Run {
  readonly request: JmapRequest
  readonly context: CallContext
  readonly methods: MethodTable
  readonly responses: MethodResponse[]
}

async function answerCall(call: Invocation, run: Run): Promise<void> {
  const method = run.methods.get(call.name)
  // RFC 8620 section 3.3: what is not in "using" does not exist.
  if (method === undefined || !isUsed(method, run.request)) throw new MethodError('unknownMethod')
  const { budget } = run.context
  const args = await resolveReferences(call.args, run.responses, budget)
  const answer = await method.run(args, run.context.of(args['accountId'], method))
  if (answer.isCharged !== true) await weigh(answer.args, budget, true)
  run.responses.push({ name: call.name, args: answer.args, callId: call.callId })
  if (answer.implied === undefined) return
  const next = run.methods.get(answer.implied.name)
  if (next === undefined) return
  const implied = await next.run(answer.implied.args, run.context)
  run.responses.push({ name: answer.implied.name, args: implied.args, callId: call.callId })
}

function isUsed(method: Method, request: JmapRequest): boolean {
  return request.using.includes(method.capability)
}

function describeFailure(error: unknown, call: Invocation, context: CallContext): MethodError {
  if (error instanceof MethodError) return error
  if (error instanceof MailError) {
    if (error.kind === 'failed')
      context.services.logger.error({ err: error, method: call.name }, 'JMAP method failed')
    return toMethodError(error)
  }
  context.services.logger.error({ err: error, method: call.name }, 'JMAP method failed')
  return new MethodError('serverFail', 'Something broke on our side')
}
