import type { ChangeFeed } from '@gatepost/core'
import { isEnding, type Judge } from '@gatepost/gate'
import type { AuthFailureLog, ConnectionFilter } from '@gatepost/security-crowdsec'
import type { FastifyInstance } from 'fastify'

import { limitError } from '../protocol/problem.ts'
import type { RouteParts } from './api-routes.ts'
import { Concurrency } from './concurrency.ts'
import { EventStream } from './event-stream.ts'
import type { HttpClient } from './http-client.ts'
import type { HttpConnections } from './http-connections.ts'
import { readPushQuery } from './push-query.ts'

export interface PushParts {
  readonly changes: ChangeFeed
  readonly connections: HttpConnections
  readonly filter: Pick<ConnectionFilter, 'onChange'>
  readonly judge: Judge
  readonly security: AuthFailureLog
}

interface Open {
  readonly client: HttpClient
  readonly user: string
  readonly close: () => void
}

/** The event source (RFC 8620 section 7.3). Answers a function that lets go of the filter. */
export function addEventSourceRoutes(
  app: FastifyInstance,
  parts: RouteParts,
  push: PushParts,
): () => void {
  const { services, state, login } = parts
  const open = new Set<Open>()
  const listening = new Concurrency(services.limits.maxEventSourcesPerAccount)

  app.get<{ Querystring: Readonly<Record<string, unknown>> }>(
    '/jmap/eventsource/',
    { onRequest: login },
    (request, reply) => {
      const account = state.account(request)
      const client = state.client(request)
      const query = readPushQuery(request.query)
      const leave = listening.enter(account.id)
      if (leave === undefined) throw limitError('maxEventSources', 429)
      reply.raw.once('close', leave)
      reply.hijack()
      const stream = new EventStream({
        response: reply.raw,
        account: account.id,
        query,
        store: services.store,
        changes: push.changes,
        pushDelayMs: services.limits.pushDelayMs,
        onFailure: (error) => services.logger.error({ err: error }, 'JMAP push failed'),
      })
      const entry: Open = { client, user: account.address, close: () => stream.close() }
      open.add(entry)
      const forget = push.connections.addStream(client.connection, entry.close)
      reply.raw.once('close', () => {
        open.delete(entry)
        forget()
      })
    },
  )

  // A banned connection is the gate's to end; behind a proxy only we know whose stream it is.
  return push.filter.onChange(() => {
    for (const { client, user, close } of open) {
      if (!client.isProxied) continue
      const { listener } = client.connection
      const judgement = push.judge.session(listener, client.address, user)
      if (!isEnding(judgement)) continue
      push.security.sessionCut(client.security, { decision: judgement.decision, user })
      close()
    }
  })
}
