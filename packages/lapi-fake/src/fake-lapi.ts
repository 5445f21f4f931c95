import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import {
  LapiDatabase,
  type DecisionFilters,
  type FakeDecision,
  type LapiRelease,
} from './lapi-database.ts'
import type { LapiFault } from './lapi-faults.ts'
import { MachineApi, type MachineCredentials } from './machine-api.ts'

export interface FakeLapiOptions {
  readonly release?: LapiRelease
  /** 0: a port of the system's choice. A text: path of a unix socket. */
  readonly listen?: number | string
  readonly keys?: readonly string[]
  readonly machines?: readonly MachineCredentials[]
  /** Milliseconds since 1970. */
  readonly now?: () => number
  /** Present: HTTPS; a client certificate stands for a key. */
  readonly tls?: ServerOptions
}
export interface FakeRequest {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

/** CrowdSec's Local API as two releases of it are, with their quirks, and with every fault that a test asks for. */
export class FakeLapi implements AsyncDisposable {
  readonly release: LapiRelease
  readonly requests: FakeRequest[] = []
  readonly usage: unknown[] = []
  readonly machines: MachineApi
  /** Instead of an answer; undefined: none. */
  fault: LapiFault | undefined
  /** Instead of the answer to `/v1/decisions/stream`: a body. */
  streamBody: string | undefined
  /** As when the disk of its database is gone. */
  isDatabaseBroken = false
  /** Answers are made, cursors moved, and the connection is reset. */
  isAnswerLost = false
  readonly #keys: readonly string[]
  readonly #clock: () => number
  readonly #server: Server
  #database: LapiDatabase
  #skippedMs = 0
  #waiting: (() => void)[] = []

  private constructor(options: FakeLapiOptions) {
    this.release = options.release ?? '1.7'
    // Finer than milliseconds: what happens right after an answer is younger than its cursor.
    this.#clock = options.now ?? ((): number => performance.timeOrigin + performance.now())
    this.#keys = options.keys ?? ['key']
    this.machines = new MachineApi(options.machines ?? [])
    this.#database = new LapiDatabase(this.release, () => this.#now())
    const listener: RequestListener = (request, response) => {
      response.once('close', () => {
        for (const resolve of this.#waiting.splice(0)) resolve()
      })
      void this.#serve(request, response)
    }
    this.#server =
      options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener)
  }

  static async listen(options: FakeLapiOptions = {}): Promise<FakeLapi> {
    const lapi = new FakeLapi(options)
    const { listen = 0 } = options
    if (typeof listen === 'string') lapi.#server.listen(listen)
    else lapi.#server.listen(listen, '127.0.0.1')
    await once(lapi.#server, 'listening')
    return lapi
  }

  /** http, https or unix. */
  get url(): string {
    const address = this.#server.address()
    if (typeof address === 'string') return `unix:${address}`
    const scheme = 'setSecureContext' in this.#server ? 'https' : 'http'
    return `${scheme}://127.0.0.1:${(address as AddressInfo).port}`
  }
  /** Ids that hold now. */
  get active(): readonly number[] {
    return this.#database.active
  }

  add(decision: FakeDecision | string): number {
    return this.#database.add(typeof decision === 'string' ? { value: decision } : decision)
  }
  delete(id: number): boolean {
    return this.#database.delete(id)
  }
  /** Called while each answer to the stream is made. What it adds is told by whole lists alone: the engine's race between commits and its cursor. */
  set commitMeanwhile(commit: (() => void) | undefined) {
    this.#database.commitMeanwhile = commit
  }
  flush(): void {
    this.#database.flush()
  }
  /** Its clock jumps, and only its own. */
  skip(ms: number): void {
    this.#skippedMs += ms
  }
  /** Comes back with a database that knows nothing: ids start again. */
  startAgain(): void {
    this.#database = new LapiDatabase(this.release, () => this.#now())
    this.machines.forgetTokens()
  }

  /** Resolves when `count` more requests have been answered, or dropped. */
  async answered(count = 1): Promise<void> {
    for (let done = 0; done < count; done += 1)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
  /** Resolves when a request is over and `isSeen` says so. */
  async until(isSeen: () => boolean): Promise<void> {
    while (!isSeen()) await this.answered()
  }
  /** Resolves when a request has come, answered or not. */
  async asked(): Promise<void> {
    await once(this.#server, 'request')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #now(): number {
    return this.#clock() + this.#skippedMs
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    this.requests.push({ method, url, headers })
    if (this.fault !== undefined) {
      this.fault(request, response)
      return
    }
    try {
      const { status, body } = await this.#answer(request, new URL(url, 'http://lapi'))
      if (this.isAnswerLost) {
        request.socket.resetAndDestroy()
        return
      }
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      if (method === 'HEAD' || body === undefined) response.end()
      else response.end(typeof body === 'string' ? body : JSON.stringify(body))
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ message: String(error) }))
    }
  }

  async #answer(request: IncomingMessage, url: URL): Promise<Answer> {
    switch (`${request.method === 'HEAD' ? 'GET' : request.method} ${url.pathname}`) {
      case 'GET /health':
        return { status: 200, body: { status: 'up' } }
      case 'GET /v1/decisions/stream':
        return this.#withKey(request, (key) => this.#stream(request, key, url.searchParams))
      case 'GET /v1/decisions':
        return this.#withKey(request, (key) => {
          const found = this.#database.live(
            key,
            url.searchParams.get('ip'),
            url.searchParams.get('simulated') === 'true',
            filtersIn(url.searchParams),
          )
          return { status: 200, body: found.length === 0 ? 'null' : found }
        })
      case 'POST /v1/usage-metrics': {
        if (this.release === '1.4.6') return { status: 404 }
        const body = await json(request)
        return this.#withKey(request, () => this.#takeUsage(body))
      }
      case 'POST /v1/watchers/login':
        return this.machines.login(await json(request), request.headers['user-agent'])
      case 'GET /v1/refresh_token':
        return this.#withToken(request, () => this.machines.refresh())
      case 'GET /v1/heartbeat':
        return this.#withToken(request, () => this.machines.beat())
      case 'POST /v1/alerts': {
        const body = await json(request)
        return this.#withToken(request, () => this.machines.addAlerts(body))
      }
      default:
        return this.#deletion(request, url.pathname)
    }
  }

  #deletion({ method, headers }: IncomingMessage, path: string): Answer {
    const id = /^\/v1\/decisions\/(\d+)$/.exec(path)?.[1]
    if (method !== 'DELETE' || id === undefined) return { status: 404 }
    if (!this.machines.isLoggedIn(headers.authorization)) return { status: 401 }
    return this.delete(Number(id))
      ? { status: 200, body: { nbDeleted: '1' } }
      : { status: 500, body: { message: `decision with id '${id}' doesn't exist` } }
  }

  #stream(request: IncomingMessage, key: string, query: URLSearchParams): Answer {
    if (this.isDatabaseBroken)
      // The header has gone out already: what is written after it looks like an answer.
      return this.release === '1.4.6'
        ? { status: 500, body: { message: 'unable to query decisions' } }
        : { status: 200, body: '{"new": [], "deleted": []}' }
    if (request.method === 'HEAD') {
      if (this.release === '1.4.6') this.#database.moveCursor(key)
      return { status: 200 }
    }
    const lists = this.#database.stream({
      ...filtersIn(query),
      key,
      isStartup: query.get('startup') === 'true',
      scopes: (query.get('scopes') ?? 'ip,range').split(','),
      isDeduplicated: query.get('dedup') !== 'false',
      withSimulated: query.get('simulated') === 'true',
    })
    if (this.streamBody !== undefined) return { status: 200, body: this.streamBody }
    if (this.release === '1.7')
      return {
        status: 200,
        body: `{"new": ${JSON.stringify(lists.new)}, "deleted": ${JSON.stringify(lists.deleted)}}`,
      }
    return { status: 200, body: { deleted: orNull(lists.deleted), new: orNull(lists.new) } }
  }

  /** The key, or the name in the client certificate. */
  #withKey(request: IncomingMessage, answer: (key: string) => Answer): Answer {
    const { socket } = request
    const certificate =
      'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function'
        ? (socket.getPeerCertificate() as { readonly subject?: { readonly OU?: string } })
        : {}
    if (certificate.subject?.OU === 'bouncer-ou') return answer('certificate')
    const key = request.headers['x-api-key']
    return typeof key === 'string' && this.#keys.includes(key)
      ? answer(key)
      : { status: 403, body: { message: 'access forbidden' } }
  }

  #withToken(request: IncomingMessage, answer: () => Answer): Answer {
    return this.machines.isLoggedIn(request.headers.authorization)
      ? answer()
      : { status: 401, body: { code: 401, message: 'cookie token is empty' } }
  }

  /** One component, whose `metrics` is a list of windows with labelled items. */
  #takeUsage(body: unknown): Answer {
    const components = (body as UsageBody).remediation_components
    const windows = components?.[0]?.metrics
    if (components?.length !== 1 || !Array.isArray(windows))
      return { status: 400, body: { message: 'invalid usage metrics' } }
    const isWhole = (windows as readonly UsageWindow[]).every(
      ({ meta, items }) =>
        Number.isInteger(meta?.window_size_seconds) &&
        Number.isInteger(meta?.utc_now_timestamp) &&
        items?.every(
          ({ name, unit, value }) =>
            typeof name === 'string' && typeof unit === 'string' && typeof value === 'number',
        ) === true,
    )
    if (!isWhole) return { status: 422, body: { message: 'validation failure' } }
    this.usage.push(body)
    return { status: 201 }
  }
}

interface Answer {
  readonly status: number
  readonly body?: unknown
}
interface UsageBody {
  readonly remediation_components?: readonly { readonly metrics?: unknown }[]
}
interface UsageWindow {
  readonly meta?: { readonly window_size_seconds?: unknown; readonly utc_now_timestamp?: unknown }
  readonly items?: readonly {
    readonly name?: unknown
    readonly unit?: unknown
    readonly value?: unknown
  }[]
}

function filtersIn(query: URLSearchParams): DecisionFilters {
  const words = (name: string): string[] => (query.get(name) ?? '').split(',').filter(Boolean)
  return {
    origins: words('origins'),
    scenariosContaining: words('scenarios_containing'),
    scenariosNotContaining: words('scenarios_not_containing'),
  }
}

function orNull(list: readonly object[]): readonly object[] | null {
  return list.length === 0 ? null : list
}
