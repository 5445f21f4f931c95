import type { ChangeFeed } from '@gatepost/core'
import { whenClosed } from '@gatepost/http'
import type { FastifyInstance } from 'fastify'

import { servedAccounts } from '../account-access.ts'
import { limitError } from '../protocol/problem.ts'
import type { RouteParts } from './api-routes.ts'
import { EventStream } from './event-stream.ts'
import { readPushQuery } from './push-query.ts'

/** The event source (RFC 8620 section 7.3). */
export function addEventSourceRoutes(
  app: FastifyInstance,
  parts: RouteParts,
  changes: Pick<ChangeFeed, 'subscribe' | 'watch'>,
): void {
  const { services } = parts
  const { state, login, streams, connections } = parts.http
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>(
    '/jmap/eventsource/',
    { onRequest: login },
    async (request, reply) => {
      const access = state.access(request)
      const client = state.client(request)
      const query = readPushQuery(request.query)
      const leave = streams.reserve(access)
      if (leave === undefined) throw limitError('maxEventSources', 429)
      whenClosed(reply.raw, leave)
      reply.hijack()
      // What the hooks set goes out with it, such as that a page may read it.
      reply.raw.setHeaders(new Headers(Object.entries(reply.getHeaders()).map(asField)))
      const stream = new EventStream({
        response: reply.raw,
        accounts: servedAccounts(access),
        query,
        store: services.store,
        changes,
        directory: services.directory,
        pushDelayMs: services.limits.pushDelayMs,
        addressesDelayMs: services.limits.addressesDelayMs,
        onFailure: (error) => services.logger.error({ err: error }, 'JMAP push failed'),
      })
      const close = (): void => stream.close()
      const forget = streams.add({ client, login: state.login(request), end: close })
      const forgetStream = connections.addStream(client.connection, close)
      reply.raw.once('close', () => {
        forget()
        forgetStream()
      })
      try {
        await stream.start()
      } catch (error) {
        services.logger.error({ err: error }, 'JMAP push failed')
        reply.raw.destroy()
      }
    },
  )
}

function asField([name, value]: [string, unknown]): [string, string] {
  return [name, String(value)]
}
