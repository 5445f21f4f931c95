import {
  DataMemory,
  MailError,
  Turns,
  type Access,
  type ChangeFeed,
  type Clock,
  type DataShare,
  type Directory,
  type MailIntake,
  type MailStore,
  type MemoryPool,
} from '@gatepost/core'
import type { Judge } from '@gatepost/gate'
import { WaitingLine, type HttpModule, type HttpParts, type ProblemError } from '@gatepost/http'
import type { AuthFailureLog, ConnectionFilter, OutboundBursts } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import type { Logger } from '@gatepost/telemetry'
import type { FastifyInstance, FastifyRequest } from 'fastify'

import { RequestBudget } from './budget/request-budget.ts'
import { addApiRoutes, type RouteParts } from './http/api-routes.ts'
import { addBlobRoutes } from './http/blob-routes.ts'
import { addEventSourceRoutes } from './http/event-source-routes.ts'
import { outgoingMailOf } from './http/outgoing-mail.ts'
import { servedPaths } from './http/served-paths.ts'
import { webSocketPath } from './http/session-resource.ts'
import { addWebSocketRoutes } from './http/web-socket-routes.ts'
import { defaultJmapLimits, type JmapLimits } from './limits.ts'
import { MessageIndexer } from './mail/message-indexer.ts'
import { methodTable } from './methods/method-table.ts'
import { toProblem } from './protocol/mail-error-mapping.ts'
import { limitError } from './protocol/problem.ts'

export interface JmapOptions {
  readonly store: MailStore
  readonly changes: Pick<ChangeFeed, 'subscribe' | 'watch'>
  readonly directory: Directory
  readonly intake: Pick<MailIntake, 'submit'>
  readonly security: AuthFailureLog
  readonly filter: ConnectionFilter
  /** Of the gate. */
  readonly judge: Judge
  readonly logger: Logger
  readonly clock: Clock
  readonly hostname: string
  /** For tests: told of each turn of the event loop that a request took: what was declared for it, in bytes, and its CPU time. */
  readonly onTurn?: (units: number, cpuMs: number) => void
  /** Told of what goes out. */
  readonly bursts?: Pick<OutboundBursts, 'sent'>
  /** For uploads and answers, with the other doors. */
  readonly memory?: MemoryPool | undefined
  /** For large uploads, with the other doors. */
  readonly spool?: Spool | undefined
  /** `maxSizeUpload` is `maxMessageBytes` unless given. */
  readonly limits: { readonly maxMessageBytes: number } & Partial<JmapLimits>
}

/** JMAP (RFC 8620, RFC 8621), for the HTTP listeners. */
export function createJmapModule(options: JmapOptions): HttpModule {
  return new JmapModule(options)
}

class JmapModule implements HttpModule {
  readonly paths = servedPaths
  readonly webSockets: HttpModule['webSockets'] & object
  readonly #options: JmapOptions
  readonly #limits: JmapLimits & { readonly maxMessageBytes: number }
  readonly #turns = new Turns()
  readonly #indexer = new MessageIndexer()

  constructor(options: JmapOptions) {
    const { limits } = options
    this.#options = options
    this.#limits = { ...defaultJmapLimits, maxSizeUpload: limits.maxMessageBytes, ...limits }
    const { maxSizeRequest: maxMessageBytes } = this.#limits
    this.webSockets = [{ path: webSocketPath, protocol: 'jmap', maxMessageBytes }]
  }

  readonly problemOf = (error: unknown, { url }: FastifyRequest): ProblemError | undefined => {
    if (error instanceof MailError) return error.kind === 'failed' ? undefined : toProblem(error)
    if (!isTooLarge(error) || !url.startsWith('/jmap/')) return undefined
    return url.startsWith('/jmap/upload/')
      ? limitError('maxSizeUpload', 413)
      : limitError('maxSizeRequest')
  }

  addRoutes(app: FastifyInstance, http: HttpParts): void {
    const { store, directory, intake, clock, logger, hostname, filter, memory, spool } =
      this.#options
    const parts: RouteParts = {
      http,
      services: {
        store,
        directory,
        intake,
        clock,
        logger,
        hostname,
        indexer: this.#indexer,
        limits: this.#limits,
      },
      methods: methodTable,
      outgoing: (client, access) =>
        outgoingMailOf({ ...this.#options, usage: filter.usage }, client, access),
      budgetOf: (access, share) => this.#budgetOf(access, share),
      memory,
      spool,
      answers: new DataMemory(
        {
          maxBytesInFlight: this.#limits.maxAnswerBytesInFlight,
          maxMessageBytes: this.#limits.maxResponseBytes,
        },
        memory,
      ),
      running: new WaitingLine({
        maxInside: this.#limits.maxConcurrentRequests,
        maxWaiting: this.#limits.maxWaitingRequests,
        waitMs: this.#limits.requestWaitMs,
      }),
    }
    app.get('/', (_request, reply) =>
      reply
        .type('text/plain; charset=utf-8')
        .send('Gatepost speaks JMAP here: /.well-known/jmap\n'),
    )
    addApiRoutes(app, parts)
    addBlobRoutes(app, parts)
    const { changes, security } = this.#options
    addEventSourceRoutes(app, parts, changes)
    addWebSocketRoutes(app, parts, { changes, security })
  }

  async close(): Promise<void> {
    await this.#indexer[Symbol.asyncDispose]()
  }

  #budgetOf({ principal }: Access, memory: Pick<DataShare, 'take'>): RequestBudget {
    return new RequestBudget({
      limits: this.#limits,
      turns: this.#turns,
      account: principal.id,
      takeMemory: (bytes) => memory.take(bytes) === undefined,
      cpuMs: threadCpuMs,
      onTurn: this.#options.onTurn,
    })
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
