import { Readable } from 'node:stream'

import type { Access, DataMemory, DataShare, MemoryPool } from '@gatepost/core'
import {
  plainProblem,
  awaitTurn,
  type HttpClient,
  type HttpParts,
  type WaitingLine,
  whenClosed,
  WorkPlace,
} from '@gatepost/http'
import type { Spool } from '@gatepost/spool'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { RequestBudget } from '../budget/request-budget.ts'
import { readJson } from '../json/read-json.ts'
import { writeJson } from '../json/write-json.ts'
import type { OutgoingMail, Services } from '../methods/call-context.ts'
import type { MethodTable } from '../methods/method.ts'
import { jsonProblem } from '../protocol/json-problem.ts'
import { limitError, requestError } from '../protocol/problem.ts'
import { answerRequest } from './answer-request.ts'
import { sessionResource } from './session-resource.ts'

export interface RouteParts {
  /** What the door does. */
  readonly http: HttpParts
  readonly services: Services
  readonly methods: MethodTable
  /** Told when mail to that many recipients went out. */
  readonly outgoing: (client: HttpClient, access: Access) => OutgoingMail
  /** Of one request. */
  readonly budgetOf: (access: Access, memory: Pick<DataShare, 'take'>) => RequestBudget
  /** For uploads and answers, with the other doors. */
  readonly memory: MemoryPool | undefined
  /** For large uploads. */
  readonly spool: Spool | undefined
  /** The memory for answers, until the clients have read them. */
  readonly answers: DataMemory
  /** API requests that run, over HTTP and WebSockets together. */
  readonly running: WaitingLine
}

/** The session resource and the API endpoint (RFC 8620 sections 2 and 3). */
export function addApiRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { services, running } = parts
  const { state, login } = parts.http

  const places = new WeakMap<FastifyRequest, WorkPlace>()

  async function enter(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const visit = running.enter(state.access(request).principal.id)
    const place = new WorkPlace(visit)
    places.set(request, place)
    whenClosed(reply.raw, () => place.close())
    await awaitTurn(visit, reply, limitError('maxConcurrentRequests'))
  }
  function session(request: FastifyRequest, reply: FastifyReply): object {
    const { origin } = state.client(request)
    if (origin === undefined) throw plainProblem(400, 'The Host header names no host')
    // RFC 8620 section 2: it must not be cached.
    void reply.header('cache-control', 'no-cache, no-store, must-revalidate')
    return sessionResource(state.access(request), origin, services.limits)
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
      const place = places.get(request)
      const access = state.access(request)
      const share = parts.answers.enter(access.account.id)
      const budget = parts.budgetOf(access, share)
      place?.begin(share)
      try {
        return sendPieces(await answer(request, parts, { budget, gone: place?.gone }), reply)
      } finally {
        budget.end()
        place?.end()
      }
    })
  })
}

async function answer(
  request: FastifyRequest,
  parts: RouteParts,
  { budget, gone }: { readonly budget: RequestBudget; readonly gone: AbortSignal | undefined },
): Promise<Buffer[]> {
  const { services, methods } = parts
  const { state } = parts.http
  if (!Buffer.isBuffer(request.body)) throw requestError('notJSON', 'There is no request')
  const json = await readJson(request.body, services.limits, budget)
  if (json.kind !== 'value') throw jsonProblem(json)
  const access = state.access(request)
  const outgoing = parts.outgoing(state.client(request), access)
  const response = await answerRequest(json.value, {
    services,
    methods,
    access,
    outgoing,
    budget,
    gone,
  })
  return writeJson(response, budget)
}

/** Written as fast as the client reads. */
function sendPieces(pieces: readonly Buffer[], reply: FastifyReply): FastifyReply {
  const [only] = pieces
  void reply.header('content-type', 'application/json; charset=utf-8')
  if (only !== undefined && pieces.length === 1) return reply.send(only)
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
  return reply.header('content-length', length).send(Readable.from(pieces))
}
