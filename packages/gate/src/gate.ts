import type { AddressInfo, Server, Socket } from 'node:net'

import { Concurrency, isInAny, systemClock, type IpAddress } from '@gatepost/core'
import type { KnownFor, SecurityContext } from '@gatepost/security-crowdsec'
import type { MetricCounter } from '@gatepost/telemetry'

import { watchedAddresses } from './client-address-warnings.ts'
import type { ClientAddresses, ClientAddressReport } from './client-addresses.ts'
import { Doorkeeper } from './doorkeeper.ts'
import type { BoundLogin, GateConnection } from './gate-connection.ts'
import {
  defaultGateLimits,
  type GateLimits,
  type GateOptions,
  type ListenOptions,
} from './gate-options.ts'
import { GreetingWait } from './greeting/greeting-wait.ts'
import { KnownClients } from './known/known-clients.ts'
import { LiveConnection } from './live-connection.ts'
import type { LoginPorts } from './login/login-ports.ts'
import { openServer } from './open-server.ts'
import { clientOf, type ClientOfSocket } from './proxy-protocol/client-of.ts'
import { isEnding, Judge } from './remedy/judge.ts'
import { SessionRegistry } from './session-registry.ts'
import type { Guest, Place } from './shares/connection-shares.ts'
import { SlowLane } from './shares/slow-lane.ts'
import { StressRelief } from './shares/stress-relief.ts'
import { Total } from './shares/total.ts'
import { Turnstiles } from './shares/turnstiles.ts'
import { reportHandshake } from './tls/report-handshake.ts'

type NamedClient = Extract<ClientOfSocket, { kind: 'client' }>

/** The one front door: PROXY protocol, connection filter, caps and TLS for every protocol, and the registry of all live sessions. */
export class Gate implements AsyncDisposable {
  /** For doors that judge more than connections. */
  readonly judge: Judge
  /** Who has logged in or sent good mail lately. */
  readonly known: KnownClients
  readonly #options: GateOptions
  readonly #limits: GateLimits
  readonly #servers: Server[] = []
  readonly #sessions = new SessionRegistry<LiveConnection>()
  readonly #keeper: Doorkeeper
  readonly #greetingWait: GreetingWait
  readonly #addresses: ClientAddresses
  readonly #total: Total
  readonly #turnstile: Turnstiles
  readonly #relief: StressRelief
  readonly #slowLane = new SlowLane()
  /** Connections of a principal, wherever they come from: a stolen password is no key to all places. */
  readonly #principals: Concurrency
  readonly #bySocket = new WeakMap<object, LiveConnection>()
  readonly #accepted: MetricCounter<'listener'>
  readonly #cut: MetricCounter<'listener'>
  readonly #unsubscribe: () => void
  #lastId = 0
  #isClosing = false

  constructor(options: GateOptions) {
    this.#options = options
    this.judge = new Judge(options.filter, options.remedies)
    this.#limits = { ...defaultGateLimits, ...options.limits }
    const { metrics, clock = systemClock } = options
    this.#keeper = new Doorkeeper({ metrics, ...this.#limits })
    this.known = new KnownClients(clock, options.logins)
    this.#total = new Total(this.#limits.maxConnections)
    this.#turnstile = new Turnstiles({ clock, limits: this.#limits, security: options.security })
    this.#principals = new Concurrency(this.#limits.maxConnectionsPerAccount)
    this.#relief = new StressRelief({
      clock,
      isUnderStress: (listener) => this.#turnstile.isUnderStress(listener),
      holders: () => this.#sessions.all(),
      patienceMs: this.#limits.stressPatienceMs,
      everyMs: this.#limits.stressSweepMs,
    })
    this.#greetingWait = new GreetingWait({
      clock,
      metrics,
      exempt: options.greetedAtOnce ?? [],
      maxWaiting: this.#limits.maxGreetingWaits,
    })
    this.#addresses = watchedAddresses(options.logger, clock)
    this.#accepted = metrics.counter('gatepost_connections_total', 'Connections let in', [
      'listener',
    ])
    this.#cut = metrics.counter(
      'gatepost_sessions_cut_total',
      'Open sessions ended by a new decision',
      ['listener'],
    )
    metrics.gauge('gatepost_sessions', 'Open sessions', () => this.#sessions.size)
    // After a deletion too: it may have been an exception from a ban.
    this.#unsubscribe = options.filter.onChange(() => this.#judgeAgain())
  }

  /** @throws Error when the address cannot be had (EADDRINUSE, EACCES) */
  async listen(options: ListenOptions): Promise<AddressInfo> {
    const { name, host, port, places } = options
    if (places !== undefined) {
      this.#total.setApart(name, places)
      this.#turnstile.setApart(name, places)
    }
    const server = await openServer({
      name,
      host,
      port,
      logger: this.#options.logger,
      accept: (socket) => this.#accept(socket, options),
    })
    this.#servers.push(server)
    return server.address() as AddressInfo
  }

  /** What logins through this gate are judged by and told to. */
  get loginPorts(): LoginPorts {
    const { filter, security } = this.#options
    const { slowMs } = this.#limits
    const { judge, known } = this
    return { judge, known, filter, security, slowMs }
  }

  /** Whether the addresses that clients come from can be theirs. */
  clientAddresses(): ClientAddressReport {
    return this.#addresses.report()
  }

  /** A peer that is no trusted proxy has sent an HTTP request with the fields of one. */
  sawUnlistedProxy(peer: IpAddress): void {
    this.#addresses.sawUnlistedProxy(peer)
  }

  /** An HTTP request of a client, told of unless nobody knows whose it is. True: by far too many of its source. */
  countRequest(client: IpAddress, context: SecurityContext | undefined): boolean {
    return context === undefined
      ? this.#turnstile.isFlooding('requests', client)
      : this.#turnstile.isTooFast('requests', client, context)
  }

  /** The connection that a stream handed to a door belongs to: how HTTP finds the client of a request. */
  connectionOf(socket: object): GateConnection | undefined {
    return this.#bySocket.get(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true
    this.#unsubscribe()
    this.#relief[Symbol.dispose]()
    for (const server of this.#servers) server.close()
    this.#keeper.release()
    for (const session of this.#sessions.all()) session.end({ kind: 'shutdown' })
    await this.#sessions.empty(this.#limits.drainMs)
    for (const session of this.#sessions.all()) session.destroy()
  }

  async #accept(socket: Socket, listener: ListenOptions): Promise<void> {
    const leave = this.#isClosing ? undefined : this.#total.enter(listener.name)
    if (leave === undefined) {
      this.#keeper.turnAway(socket, listener, { kind: 'busy' })
      return
    }
    socket.once('close', leave)
    const client = await clientOf(socket, {
      isProxied: listener.isProxied,
      trustedProxies: this.#options.trustedProxies,
      deadlineMs: this.#limits.proxyHeaderMs,
    })
    if (client.kind === 'badHeader') this.#tellOfHeader(listener, client)
    if (client.kind !== 'client' || socket.destroyed || this.#isClosing) socket.destroy()
    // Who is turned away has no place, however long it takes to go.
    else if (!(await this.#isAdmitted(socket, listener, client))) leave()
  }

  #tellOfHeader(
    { name }: ListenOptions,
    { proxy, reason }: Extract<ClientOfSocket, { kind: 'badHeader' }>,
  ): void {
    this.#options.logger.warn(
      { listener: name, proxy: proxy.text, reason },
      'bad PROXY header from a trusted proxy',
    )
    this.#keeper.count(name, 'proxy_header')
  }

  /** False: it never was inside. */
  async #isAdmitted(
    socket: Socket,
    listener: ListenOptions,
    client: NamedClient,
  ): Promise<boolean> {
    const { filter } = this.#options
    const { protocol, traits } = listener.door
    // A health check on this machine says nothing of where the public comes from.
    if (listener.places === undefined) this.#addresses.saw(client.address)
    if (!traits.isJudgedByRequest) filter.usage.processed(protocol, client.address.family)
    const places: { mine?: Place } = {}
    const connection: LiveConnection = this.#connectionFor(socket, listener, client, (login) => {
      places.mine?.prove()
      return this.#enter(login, connection)
    })
    if (this.#keeper.turnsAway(socket, listener, connection)) return false
    const guest: Guest = {
      listener: listener.name,
      address: client.address,
      known: this.known.knownFor(client.address),
      isProxy: connection.isProxy,
    }
    if (this.#turnstile.refuses(guest, connection.securityContext)) {
      this.#keeper.turnAway(socket, listener, { kind: 'busy' })
      return false
    }
    places.mine = this.#turnstile.enter(guest)
    this.#register(connection, socket, places.mine)
    if (await this.#isReady(socket, listener, { client, connection }))
      this.#serve(listener, connection)
    return true
  }

  /** What a client waits for before it is served: false when it is gone. */
  async #isReady(
    socket: Socket,
    listener: ListenOptions,
    { client, connection }: { readonly client: NamedClient; readonly connection: LiveConnection },
  ): Promise<boolean> {
    if (connection.judgement.kind === 'slow' && !(await this.#isItsTurn(socket, listener, client)))
      return false
    if (this.#isToWait(listener, connection) && !(await this.#hold(socket, listener, connection)))
      return false
    return !listener.isImplicitTls || (await this.#secure(connection))
  }

  #serve(listener: ListenOptions, connection: LiveConnection): void {
    this.#bySocket.set(connection.socket, connection)
    this.#accepted.add({ listener: listener.name })
    listener.door.accept(connection)
    // Accepted paused, so that nothing is lost before the door listens.
    connection.socket.resume()
  }

  /** After its wait a client under `slow` is served unless another of its source is: one that came before may have gone meanwhile. */
  async #isItsTurn(socket: Socket, listener: ListenOptions, client: NamedClient): Promise<boolean> {
    if (!(await this.#keeper.isPatient(socket))) return false
    const leave = this.#slowLane.enter(client.address)
    if (leave === undefined) this.#keeper.turnAway(socket, listener, { kind: 'busy' })
    else socket.once('close', leave)
    return leave !== undefined
  }

  #connectionFor(
    socket: Socket,
    listener: ListenOptions,
    client: NamedClient,
    onBound: (login: BoundLogin) => (() => void) | undefined,
  ): LiveConnection {
    const { filter, security, secureContext, trustedProxies } = this.#options
    const { protocol, traits } = listener.door
    const { family } = client.address
    this.#lastId += 1
    const known = (): KnownFor | undefined => this.known.knownFor(client.address)
    const connection: LiveConnection = new LiveConnection({
      id: `c${this.#lastId.toString(36)}`,
      listener: listener.name,
      protocol,
      speaksHttp: traits.speaksHttp,
      socket,
      remote: client.address,
      remotePort: client.port,
      isNamedByProxy: client.isNamedByProxy,
      isProxy: isInAny(client.address, trustedProxies),
      mayReturn: this.#options.mayReturn !== false && known() === 'mail',
      secureContext,
      handshakeMs: this.#limits.handshakeMs,
      judgement: this.judge.client(listener.name, client.address),
      judgeAgain: (user) => this.judge.session(listener.name, client.address, user),
      known,
      onBound,
      onIdle: () => security.slowClient(connection.securityContext, { kind: traits.idleKind }),
      onRefused: (decision, action) => {
        security.blocked(connection.securityContext, { decision })
        filter.usage.applied({ protocol, family, action, decision })
      },
      onHandshake: () =>
        this.#turnstile.isTooFast('handshakes', client.address, connection.securityContext),
    })
    return connection
  }

  /** Whoever a decision concerns has his remedy; a server under stress has no room for those who wait. */
  #isToWait({ greetingWaitMs = 0, isImplicitTls }: ListenOptions, client: LiveConnection): boolean {
    const isServedAsAny = client.judgement.kind === 'serve'
    return (
      greetingWaitMs > 0 &&
      !isImplicitTls &&
      isServedAsAny &&
      !this.#turnstile.isUnderStress(client.listener) &&
      this.#greetingWait.isDue(client.remote)
    )
  }

  /** False when the client is gone. */
  async #hold(
    socket: Socket,
    { name, greetingWaitMs = 0 }: ListenOptions,
    connection: LiveConnection,
  ): Promise<boolean> {
    const client = { socket, address: connection.remote, listener: name }
    const outcome = await this.#greetingWait.of(client, greetingWaitMs)
    connection.hasTalkedEarly = outcome === 'talked'
    return outcome !== 'left'
  }

  #register(connection: LiveConnection, socket: Socket, place: Place): void {
    this.#sessions.add(connection)
    socket.once('close', () => {
      this.#sessions.remove(connection)
      place.leave()
    })
  }

  /** Undefined: the principal has too many connections already. Otherwise what undoes it. */
  #enter({ access, stamp }: BoundLogin, connection: LiveConnection): (() => void) | undefined {
    const { id: principal } = access.principal
    const leave = this.#principals.enter(principal)
    if (leave === undefined) return undefined
    const end = (): void => connection.end({ kind: 'login' })
    const forget = this.#options.loginWatch?.add({ principal, stamp, end })
    return () => {
      leave()
      forget?.()
    }
  }

  async #secure(connection: LiveConnection): Promise<boolean> {
    try {
      await connection.startTls()
      return true
    } catch (error) {
      // Ended by us in the middle of it: nothing that the client did.
      if (connection.isEnding) return false
      reportHandshake(this.#options.security, connection, error)
      return false
    }
  }

  #judgeAgain(): void {
    const { filter, security } = this.#options
    for (const session of this.#sessions.all()) {
      const { listener, remote, user } = session
      const judgement = this.judge.session(listener, remote, user)
      session.judgement = judgement
      if (!isEnding(judgement) || session.isEnding) continue
      const { decision } = judgement
      const { protocol, family } = { protocol: session.protocol, family: remote.family }
      security.sessionCut(session.securityContext, {
        decision,
        ...(user === undefined ? {} : { user }),
      })
      filter.usage.applied({ protocol, family, action: 'cut', decision })
      this.#cut.add({ listener })
      session.end({ kind: 'decision', decision })
    }
  }
}
