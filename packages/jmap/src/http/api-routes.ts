import type { Account } from '@gatepost/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { OutgoingMail, Services } from '../methods/call-context.ts'
import type { MethodTable } from '../methods/method.ts'
import { parseJson } from '../protocol/json-text.ts'
import { limitError, plainProblem, requestError } from '../protocol/problem.ts'
import { answerRequest } from './answer-request.ts'
import type { Concurrency } from './concurrency.ts'
import type { HttpClient } from './http-client.ts'
import type { RequestState } from './request-state.ts'
import { sessionResource } from './session-resource.ts'

export interface RouteParts {
  readonly services: Services
  readonly state: RequestState
  readonly methods: MethodTable
  /** Logs the user in, before a body is read. */
  readonly login: (request: FastifyRequest) => Promise<void>
  /** Told when mail to that many recipients went out. */
  readonly outgoing: (client: HttpClient, account: Account) => OutgoingMail
  /** API requests that run, over HTTP and WebSockets together. */
  readonly running: Concurrency
}

/** The session resource and the API endpoint (RFC 8620 sections 2 and 3). */
export function addApiRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { services, state, login, running } = parts

  async function enter(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const leave = running.enter(state.account(request).id)
    if (leave === undefined) throw limitError('maxConcurrentRequests')
    reply.raw.once('close', leave)
  }
  function session(request: FastifyRequest, reply: FastifyReply): object {
    const { origin } = state.client(request)
    if (origin === undefined) throw plainProblem(400, 'The Host header names no host')
    // RFC 8620 section 2: it must not be cached.
    void reply.header('cache-control', 'no-cache, no-store, must-revalidate')
    return sessionResource(state.account(request), origin, services.limits)
  }
  app.get('/.well-known/jmap', { onRequest: login }, session)
  app.get('/jmap/session', { onRequest: login }, session)

  void app.register(async (api) => {
    api.removeAllContentTypeParsers()
    api.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    // RFC 8620 section 3.6.1: the content type counts as much as the content.
    api.addContentTypeParser('*', (_request, _payload, done) =>
      done(requestError('notJSON', 'The content type is not application/json')),
    )
    const options = {
      onRequest: [login, enter],
      bodyLimit: services.limits.maxSizeRequest,
    }
    api.post('/jmap/api', options, async (request, reply) => {
      void reply.header('cache-control', 'no-store')
      return answer(request, parts)
    })
  })
}

async function answer(request: FastifyRequest, parts: RouteParts): Promise<object> {
  const { services, state, methods } = parts
  if (!Buffer.isBuffer(request.body)) throw requestError('notJSON', 'There is no request')
  const json = parseJson(request.body, services.limits.maxJsonDepth)
  if (json.kind === 'notJson') throw requestError('notJSON', 'This is no I-JSON')
  if (json.kind === 'tooDeep') throw requestError('notRequest', 'Nested too deep')
  const account = state.account(request)
  return answerRequest(json.value, {
    services,
    methods,
    account,
    outgoing: parts.outgoing(state.client(request), account),
  })
}
