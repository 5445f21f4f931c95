import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'

import {
  DataMemory,
  isInAny,
  Turns,
  type Account,
  type ChangeFeed,
  type Clock,
  type DataShare,
  type Directory,
  type IpAddress,
  type MailIntake,
  type MailStore,
} from '@gatepost/core'
import type { Door, GateConnection, HttpHostRules, Judge, Logins, ProxyTrust } from '@gatepost/gate'
import type {
  AuthFailureLog,
  ConnectionFilter,
  KnownFor,
  SecurityContext,
  OutboundBursts,
} from '@gatepost/security-crowdsec'
import type { Logger, Metrics } from '@gatepost/telemetry'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { RequestBudget } from './budget/request-budget.ts'
import { Admission, closing } from './http/admission.ts'
import { addApiRoutes, type RouteParts } from './http/api-routes.ts'
import { addBlobRoutes } from './http/blob-routes.ts'
import { checkTarget } from './http/check-target.ts'
import { answerOrigin } from './http/cross-origin.ts'
import { addEventSourceRoutes } from './http/event-source-routes.ts'
import { httpClientOf } from './http/http-client.ts'
import { HttpConnections } from './http/http-connections.ts'
import { HttpLogin } from './http/http-login.ts'
import { lingeringAnswer } from './http/lingering-close.ts'
import { LiveStreams } from './http/live-streams.ts'
import { outgoingMailOf } from './http/outgoing-mail.ts'
import { sendProblem } from './http/problem-reply.ts'
import { httpRefusal, problemResponse } from './http/refusal.ts'
import { abuseIn, reportBadClient } from './http/report-abuse.ts'
import { RequestState } from './http/request-state.ts'
import { cutUnread } from './http/unread-answer.ts'
import { WaitingLine } from './http/waiting-line.ts'
import { addWebSocketRoutes } from './http/web-socket-routes.ts'
import { WebSocketUpgrades } from './http/web-socket-upgrades.ts'
import { checkIsThere, whenClosed } from './http/when-closed.ts'
import { defaultJmapLimits, type JmapLimits } from './limits.ts'
import { MessageIndexer } from './mail/message-indexer.ts'
import { methodTable } from './methods/method-table.ts'
import { plainProblem } from './protocol/problem.ts'

export interface JmapDoorOptions {
  readonly store: MailStore
  readonly changes: ChangeFeed
  readonly directory: Directory
  readonly intake: Pick<MailIntake, 'submit'>
  readonly logins: Logins
  readonly security: AuthFailureLog
  readonly filter: ConnectionFilter
  /** Of the gate. */
  readonly judge: Judge
  readonly proxies: ProxyTrust
  /** Counts a request of a client. True: it sends far more than any program does. */
  readonly countRequest?: (client: IpAddress, context: SecurityContext | undefined) => boolean
  /** What speaks for an address lately. */
  readonly knownFor?: (address: IpAddress) => KnownFor | undefined
  /** Told of each request of a peer that acts as a proxy and is none of them. */
  readonly onUnlistedProxy?: (peer: IpAddress) => void
  /** Of the gate: the connection that a socket belongs to. */
  readonly connectionOf: (socket: object) => GateConnection | undefined
  /** Adds what else the HTTP listeners serve, without a login, such as settings for mail programs. */
  readonly routes?: (app: FastifyInstance) => void
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly hostname: string
  /** Which hosts are ours, and whose pages may use them. */
  readonly hostRules: HttpHostRules
  /** For tests: told of each turn of the event loop that a request took: what was declared for it, in bytes, and its CPU time. */
  readonly onTurn?: (units: number, cpuMs: number) => void
  /** Told of what goes out. */
  readonly bursts?: Pick<OutboundBursts, 'sent'>
  /** `maxSizeUpload` is `maxMessageBytes` unless given. */
  readonly limits: { readonly maxMessageBytes: number } & Partial<JmapLimits>
}

/** JMAP (RFC 8620, RFC 8621) behind the gate. Never listens itself; disposing it ends its timers and subscriptions. */
export async function createJmapDoor(options: JmapDoorOptions): Promise<Door & AsyncDisposable> {
  const door = new JmapDoor(options)
  await door.ready()
  return door
}

type Limits = JmapLimits & { readonly maxMessageBytes: number }

class JmapDoor implements Door, AsyncDisposable {
  readonly protocol = 'jmap'
  readonly #options: JmapDoorOptions
  readonly #limits: Limits
  readonly #server: Server
  readonly #connections = new HttpConnections()
  readonly #streams: LiveStreams
  readonly #state = new RequestState()
  readonly #turns = new Turns()
  readonly #indexer = new MessageIndexer()
  readonly #login: HttpLogin
  readonly #admission: Admission
  readonly #app: FastifyInstance

  constructor(options: JmapDoorOptions) {
    const { limits, logins, security } = options
    this.#options = options
    this.#limits = { ...defaultJmapLimits, maxSizeUpload: limits.maxMessageBytes, ...limits }
    this.#login = new HttpLogin({
      logins,
      usage: options.filter.usage,
      security,
      maxAuthFailures: this.#limits.maxAuthFailures,
    })
    const { judge, filter, clock } = options
    const { slowMs, maxStreamsPerAccount: maxPerAccount } = this.#limits
    this.#streams = new LiveStreams({ filter, judge, security, maxPerAccount })
    this.#admission = new Admission({ judge, usage: filter.usage, security, clock, slowMs })
    this.#server = createServer({
      // How late Node may be with its timeouts.
      connectionsCheckingInterval: Math.min(this.#limits.headersTimeoutMs, 30_000),
      shouldUpgradeCallback: (request) => this.#mayUpgrade(request),
    })
    this.#app = this.#makeApp()
  }

  async ready(): Promise<void> {
    await this.#app.ready()
    // Node starts the watch over slow clients when a server listens, which this one never does.
    this.#server.emit('listening')
  }

  accept(connection: GateConnection): void {
    this.#connections.add(connection)
    this.#server.emit('connection', connection.socket)
  }

  refusal: Door['refusal'] = (reason) => httpRefusal(reason)

  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams[Symbol.dispose]()
    await this.#app.close()
    await this.#indexer[Symbol.asyncDispose]()
    // Ends the watch over slow clients; what is open is the gate's to end.
    this.#server.close()
  }

  #makeApp(): FastifyInstance {
    const limits = this.#limits
    const server = this.#server
    const app: FastifyInstance = fastify({
      serverFactory: (handler) => {
        server.on('request', handler)
        server.headersTimeout = limits.headersTimeoutMs
        server.requestTimeout = limits.requestTimeoutMs
        server.keepAliveTimeout = limits.keepAliveTimeoutMs
        return server
      },
      bodyLimit: limits.maxSizeRequest,
      routerOptions: { maxParamLength: 1000 },
      onProtoPoisoning: 'ignore',
      onConstructorPoisoning: 'ignore',
      // A URL that cannot be decoded comes past the hooks.
      frameworkErrors: (_error, request, reply) => void this.#refuseUnroutable(request, reply),
    })
    server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
      const socket = stream as Socket
      this.#reportBadClient(socket, error.code ?? '')
      const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
      if (socket.writable && error.code !== 'ECONNRESET')
        socket.end(problemResponse(status, 'Bad request'))
      socket.destroySoon()
    })
    server.on('connect', (request, socket) => {
      this.#reportTunnel(request)
      socket.end(problemResponse(405, 'Method not allowed', ['Allow: GET, HEAD, POST']))
    })
    const upgrades = new WebSocketUpgrades(limits.maxSizeRequest)
    server.on('upgrade', (request, socket, head) =>
      upgrades.route(request, { socket, head }, (...parts) => app.routing(...parts)),
    )
    app.addHook('onRequest', async (request, reply) => {
      const target = await this.#admit(request, reply)
      return target === 'preflight' ? reply.code(204).send() : undefined
    })
    app.addHook('onSend', async (request, reply, payload) =>
      lingeringAnswer(request, reply, payload, limits),
    )
    app.setErrorHandler((error, request, reply) => this.#refuse(error, request, reply))
    app.setNotFoundHandler((request, reply) =>
      this.#refuse(plainProblem(404, 'Not found'), request, reply),
    )
    this.#addRoutes(app, upgrades)
    return app
  }

  /** Not while an earlier request on the connection waits for its answer. */
  #mayUpgrade(request: IncomingMessage): boolean {
    const connection = this.#options.connectionOf(request.socket)
    return (
      connection !== undefined &&
      this.#connections.isIdle(connection) &&
      WebSocketUpgrades.isWanted(request)
    )
  }

  #refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { security, logger } = this.#options
    const problem = sendProblem(error, request, reply, logger)
    const isLoggedIn = this.#state.isLoggedIn(request)
    const abuse = abuseIn(problem, { url: request.url, isLoggedIn })
    if (abuse === undefined) return
    const client = this.#state.client(request)
    // A ban for it would be one of everybody behind a proxy that nobody has named.
    if (!client.isHidden) security.jmapAbuse(client.security, abuse)
  }

  async #refuseUnroutable(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      await this.#admit(request, reply)
      throw plainProblem(404, 'Not found')
    } catch (error) {
      this.#refuse(error, request, reply)
    }
  }

  /** Who asks for a tunnel looks for an open proxy. */
  #reportTunnel({ socket, url = '' }: IncomingMessage): void {
    const { connectionOf, security } = this.#options
    const connection = connectionOf(socket)
    if (connection === undefined) return
    const detail = `CONNECT ${url}`
    security.jmapAbuse(connection.securityContext, { kind: 'path_scan', detail })
  }

  #reportBadClient(socket: Socket, code: string): void {
    const { connectionOf, security, proxies } = this.#options
    const connection = connectionOf(socket)
    // Of a proxy's connection nobody knows whose bytes these were.
    if (connection === undefined) return
    if (isInAny(connection.remote, proxies.networks)) return
    reportBadClient(security, connection.securityContext, code)
  }

  #addRoutes(app: FastifyInstance, upgrades: WebSocketUpgrades): void {
    const { store, directory, intake, clock, logger, hostname } = this.#options
    const parts: RouteParts = {
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
      state: this.#state,
      methods: methodTable,
      login: async (request, reply) => {
        const account = await this.#login.login(
          this.#state.client(request),
          request.headers.authorization,
        )
        checkIsThere(reply.raw)
        this.#state.setAccount(request, account)
      },
      outgoing: (client, account) =>
        outgoingMailOf({ ...this.#options, usage: this.#options.filter.usage }, client, account),
      budgetOf: (account, memory) => this.#budgetOf(account, memory),
      answers: new DataMemory({
        maxBytesInFlight: this.#limits.maxAnswerBytesInFlight,
        maxMessageBytes: this.#limits.maxResponseBytes,
      }),
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
    this.#options.routes?.(app)
    addApiRoutes(app, parts)
    addBlobRoutes(app, parts)
    const { changes, security } = this.#options
    const push = { changes, connections: this.#connections, streams: this.#streams }
    addEventSourceRoutes(app, parts, push)
    addWebSocketRoutes(app, parts, { ...push, upgrades, security, admission: this.#admission })
  }

  #budgetOf({ id }: Account, memory: Pick<DataShare, 'take'>): RequestBudget {
    return new RequestBudget({
      limits: this.#limits,
      turns: this.#turns,
      account: id,
      takeMemory: (bytes) => memory.take(bytes) === undefined,
      cpuMs: threadCpuMs,
      onTurn: this.#options.onTurn,
    })
  }

  /** Every request, before anything of it is read: who sent it, and may he. */
  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<'go on' | 'preflight'> {
    const { connectionOf, onUnlistedProxy } = this.#options
    const connection = connectionOf(request.raw.socket)
    if (connection === undefined) throw plainProblem(500, 'Not through the gate')
    whenClosed(reply.raw, this.#connections.startRequest(connection))
    // After an answer the kernel takes its time to acknowledge the next request: one in small pieces would wait.
    reply.raw.once('finish', () => connection.acknowledge())
    cutUnread(reply.raw, this.#limits.unreadAnswerMs)
    const client = httpClientOf(request.raw, connection, this.#options)
    if (client.isByUnlistedProxy) onUnlistedProxy?.(client.address)
    this.#state.setClient(request, client)
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'referrer-policy': 'no-referrer',
    })
    const { hostRules } = this.#options
    const origin = answerOrigin(request.raw, reply, client.origin, hostRules)
    this.#admission.admit(client)
    const context = client.isHidden ? undefined : client.security
    if (this.#options.countRequest?.(client.address, context) === true)
      throw plainProblem(429, 'Too many requests', { headers: { 'retry-after': '10' } })
    const target = checkTarget(request, client, hostRules, origin)
    if (this.#connections.isEnding(connection) || this.#login.isExhausted(connection))
      throw plainProblem(503, 'This connection is closing', {
        headers: closing({ isProxied: false }),
      })
    return target
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
