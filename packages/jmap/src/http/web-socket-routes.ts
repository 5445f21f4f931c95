import type { ChangeFeed } from '@gatepost/core'
import { plainProblem } from '@gatepost/http'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { limitError } from '../protocol/problem.ts'
import type { RouteParts } from './api-routes.ts'
import { webSocketPath } from './session-resource.ts'
import { SocketSession } from './socket-session.ts'

export interface SocketOptions {
  readonly changes: Pick<ChangeFeed, 'subscribe' | 'watch'>
  readonly security: AuthFailureLog
}

/** JMAP over WebSocket (RFC 8887). */
export function addWebSocketRoutes(
  app: FastifyInstance,
  parts: RouteParts,
  options: SocketOptions,
): void {
  const { state, login, upgrades, connections, streams } = parts.http

  /** Before the login. @throws ProblemError */
  async function checkHandshake(request: FastifyRequest): Promise<void> {
    const { 'sec-websocket-protocol': protocols = '' } = request.headers
    if (!upgrades.isPending(request.raw)) throw upgradeRequired()
    // RFC 8887 section 4.2
    if (!protocols.split(',').some((name) => name.trim() === 'jmap'))
      throw plainProblem(400, 'The sub-protocol "jmap" is not offered')
  }

  app.get(webSocketPath, { onRequest: [checkHandshake, login] }, (request, reply) => {
    const access = state.access(request)
    const client = state.client(request)
    if (connections.isEnding(client.connection))
      throw plainProblem(503, 'This connection is closing')
    const leave = streams.reserve(access)
    if (leave === undefined) throw limitError('maxWebSockets', 429)
    reply.hijack()
    const webSocket = upgrades.accept(request.raw, reply.raw)
    if (webSocket === undefined) {
      leave()
      return
    }
    const session = new SocketSession({
      ...options,
      parts,
      client,
      access,
      transport: {
        webSocket,
        stream: request.raw.socket,
        onClose: () => {
          leave()
          forget()
        },
      },
    })
    const end = session.end.bind(session)
    const forget = streams.add({ client, login: state.login(request), end })
    connections.upgrade(client.connection, end)
  })
}

// RFC 9110 section 15.5.22
function upgradeRequired(): Error {
  return plainProblem(426, 'This is for WebSockets', {
    headers: { upgrade: 'websocket', connection: 'upgrade' },
  })
}
