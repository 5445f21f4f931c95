import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import type { Admission } from './admission.ts'
import type { HttpConnections } from './http-connections.ts'
import type { HttpLimits } from './http-limits.ts'
import type { ServedPath } from './known-paths.ts'
import type { LiveStreams } from './live-streams.ts'
import type { ProblemError } from './problem.ts'
import type { RequestState } from './request-state.ts'
import type { WebSocketEndpoint, WebSocketUpgrades } from './web-socket-upgrades.ts'

/** Something that the HTTP listeners serve: JMAP, settings for mail programs. Its requests are judged before it sees them, and logged in when it asks. */
export interface HttpModule {
  /** For who comes with another method (RFC 9110 section 15.5.6). */
  readonly paths: readonly ServedPath[]
  readonly webSockets?: readonly WebSocketEndpoint[]
  /** A failure of its routes in its own terms; undefined: it has none for it. */
  readonly problemOf?: (error: unknown, request: FastifyRequest) => ProblemError | undefined
  addRoutes(app: FastifyInstance, http: HttpParts): void
  /** With the door. */
  close?(): Promise<void>
}

/** What the door does for its modules. */
export interface HttpParts {
  readonly limits: HttpLimits
  /** Who sent a request, and who has logged in. */
  readonly state: RequestState
  /** Logs the user in, before a body is read. Goes no further when the client has left meanwhile. @throws ProblemError */
  readonly login: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  readonly connections: HttpConnections
  readonly streams: LiveStreams
  readonly upgrades: WebSocketUpgrades
  readonly admission: Admission
}
