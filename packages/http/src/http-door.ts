import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'

import type { Logins } from '@gatepost/auth'
import { isInAny, type Clock, type IpAddress } from '@gatepost/core'
import type {
  Door,
  DoorTraits,
  GateConnection,
  HttpHostRules,
  Judge,
  LoginWatch,
  ProxyTrust,
} from '@gatepost/gate'
import type {
  AuthFailureLog,
  ConnectionFilter,
  KnownFor,
  SecurityContext,
} from '@gatepost/security-crowdsec'
import type { Logger } from '@gatepost/telemetry'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { Admission, closing } from './admission.ts'
import { checkTarget } from './check-target.ts'
import { answerOrigin } from './cross-origin.ts'
import { httpClientOf } from './http-client.ts'
import { HttpConnections } from './http-connections.ts'
import { defaultHttpLimits, type HttpLimits } from './http-limits.ts'
import { HttpLogin } from './http-login.ts'
import type { HttpModule } from './http-module.ts'
import { httpProtocol } from './http-protocol.ts'
import { KnownPaths } from './known-paths.ts'
import { lingeringAnswer } from './lingering-close.ts'
import { LiveStreams } from './live-streams.ts'
import { sendProblem } from './problem-reply.ts'
import { plainProblem } from './problem.ts'
import { httpRefusal, problemResponse } from './refusal.ts'
import { reportBadClient, scanIn } from './report-abuse.ts'
import { RequestState } from './request-state.ts'
import { cutUnread } from './unread-answer.ts'
import { WebSocketUpgrades } from './web-socket-upgrades.ts'
import { checkIsThere, whenClosed } from './when-closed.ts'

export interface HttpDoorOptions {
  /** What is served. */
  readonly modules: readonly HttpModule[]
  readonly logins: Logins
  /** Ends streams whose login no longer counts. */
  readonly loginWatch?: LoginWatch
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
  readonly logger: Logger
  readonly clock: Clock
  /** Which hosts are ours, and whose pages may use them. */
  readonly hostRules: HttpHostRules
  readonly limits: Partial<HttpLimits>
}

/** HTTP behind the gate. Never listens itself; disposing it ends its timers, its subscriptions and its modules. */
export async function createHttpDoor(options: HttpDoorOptions): Promise<Door & AsyncDisposable> {
  const door = new HttpDoor(options)
  await door.ready()
  return door
}

class HttpDoor implements Door, AsyncDisposable {
  readonly protocol = httpProtocol
  readonly traits: DoorTraits = {
    isJudgedByRequest: true,
    hasHello: false,
    speaksHttp: true,
    idleKind: 'request',
  }
  readonly #options: HttpDoorOptions
  readonly #limits: HttpLimits
  readonly #server: Server
  readonly #connections = new HttpConnections()
  readonly #streams: LiveStreams
  readonly #state = new RequestState()
  readonly #login: HttpLogin
  readonly #admission: Admission
  readonly #upgrades: WebSocketUpgrades
  readonly #paths: KnownPaths
  readonly #app: FastifyInstance

  constructor(options: HttpDoorOptions) {
    const { modules, logins, loginWatch, security, judge, filter, clock } = options
    this.#options = options
    this.#limits = { ...defaultHttpLimits, ...options.limits }
    const { maxAuthFailures, slowMs, maxStreamsPerAccount: maxPerAccount } = this.#limits
    const { usage } = filter
    this.#login = new HttpLogin({ logins, usage, security, maxAuthFailures })
    this.#streams = new LiveStreams({ filter, judge, security, maxPerAccount, loginWatch })
    this.#admission = new Admission({ judge, usage, security, clock, slowMs })
    this.#upgrades = new WebSocketUpgrades(modules.flatMap(({ webSockets }) => webSockets ?? []))
    this.#paths = new KnownPaths(modules.flatMap(({ paths }) => paths))
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
    for (const module of this.#options.modules) await module.close?.()
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
      bodyLimit: limits.maxBodyBytes,
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
    server.on('upgrade', (request, socket, head) =>
      this.#upgrades.route(request, { socket, head }, (...parts) => app.routing(...parts)),
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
    this.#addModules(app)
    return app
  }

  #addModules(app: FastifyInstance): void {
    const http = {
      limits: this.#limits,
      state: this.#state,
      connections: this.#connections,
      streams: this.#streams,
      upgrades: this.#upgrades,
      admission: this.#admission,
      login: async (request: FastifyRequest, reply: FastifyReply) => {
        const client = this.#state.client(request)
        const login = await this.#login.login(client, request.headers.authorization)
        checkIsThere(reply.raw)
        this.#state.setLogin(request, login)
      },
    }
    for (const module of this.#options.modules) module.addRoutes(app, http)
  }

  /** Not while an earlier request on the connection waits for its answer. */
  #mayUpgrade(request: IncomingMessage): boolean {
    const connection = this.#options.connectionOf(request.socket)
    return (
      connection !== undefined &&
      this.#connections.isIdle(connection) &&
      this.#upgrades.isWanted(request)
    )
  }

  #refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { security, modules, logger } = this.#options
    const failure = sendProblem(error, { request, reply, modules, logger })
    const isLoggedIn = this.#state.isLoggedIn(request)
    const abuse = failure.abuse ?? scanIn(failure.problem, { url: request.url, isLoggedIn })
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

  /** Every request, before anything of it is read: who sent it, and may he. */
  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<'go on' | 'preflight'> {
    const { connectionOf, onUnlistedProxy, hostRules } = this.#options
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
    const origin = answerOrigin(request.raw, reply, client.origin, hostRules)
    this.#admission.admit(client)
    const context = client.isHidden ? undefined : client.security
    if (this.#options.countRequest?.(client.address, context) === true)
      throw plainProblem(429, 'Too many requests', { headers: { 'retry-after': '10' } })
    const target = checkTarget(request, client, { rules: hostRules, origin, paths: this.#paths })
    if (this.#connections.isEnding(connection) || this.#login.isExhausted(connection))
      throw plainProblem(503, 'This connection is closing', {
        headers: closing({ isProxied: false }),
      })
    return target
  }
}
