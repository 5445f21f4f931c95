import { mkdtemp, rm } from 'node:fs/promises'
import {
  type Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  Authenticator,
  hashPassword,
  Logins,
  type AuthenticationResult,
  type AuthenticatorOptions,
} from '@gatepost/auth'
import {
  parseNetwork,
  systemClock,
  type AccountId,
  type MailboxId,
  type IntakeResult,
  type SubmittedMessage,
} from '@gatepost/core'
import {
  Gate,
  makeSelfSignedCertificate,
  ownNames,
  secureContextOf,
  type Door,
} from '@gatepost/gate'
import { createHttpDoor, type HttpLimits } from '@gatepost/http'
import type { SecurityContext } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import { createLogger, PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { openTestStore, type TestStore } from '@gatepost/test-store'
import { CollectingSecurityLog, SwitchFilter } from '@gatepost/testkit'

import { createJmapModule, type JmapLimits } from '../src/index.ts'

/** Of the module, and of the door that it is in. */
export type FixtureLimits = Partial<JmapLimits & HttpLimits & { maxMessageBytes: number }>

const user = 'me@example.test'
const password = 'correct hörse: battery'
export const basic: string = authorization(user, password)
export const basicOfOther: string = authorization('you@example.test', password)
const cheap = { memoryKib: 8, passes: 1, lanes: 1 }

function authorization(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

export interface Ask {
  readonly signal?: AbortSignal
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly isTls?: boolean
  readonly localAddress?: string
  /** Keeps the connection for the next request with the same agent. */
  readonly agent?: Agent
}

/** An object of an answer, with what tests reach for. */
export interface Thing {
  readonly id: string
  readonly blobId: string
  readonly threadId: string
  readonly [property: string]: unknown
}
/** The standard arguments of all answers; which are there depends on the method. */
export interface Args {
  readonly state: string
  readonly list: readonly Thing[]
  readonly notFound: readonly string[]
  readonly ids: readonly string[]
  readonly oldState: string
  readonly newState: string
  readonly created: Readonly<Record<string, Thing>>
  readonly [property: string]: unknown
}
export type Response = [name: string, args: Args, callId: string]

/** Gate, JMAP door, a store with one account, and an HTTP client for it. */
export class JmapFixture implements AsyncDisposable {
  readonly submitted: SubmittedMessage[] = []
  readonly sent: { context: SecurityContext; name: string; recipients: number }[] = []
  readonly unlisted: string[] = []
  /** Off, since tests send many; the gate's clock stands still then, so that all are within one window. */
  countsRequests = false
  /** Of somebody else. */
  readonly otherLogin: string = authorization('you@example.test', password)
  /** To changes, by the door. */
  readonly subscriptions: Set<() => void> = new Set()
  /** What the door logged, from warnings on. */
  readonly logged: string[] = []
  /** What requests declared for each turn of the event loop. */
  readonly turns: number[] = []
  /** What each of these turns took. */
  readonly turnsCpuMs: number[] = []
  readonly security: CollectingSecurityLog = new CollectingSecurityLog()
  readonly filter: SwitchFilter = new SwitchFilter()
  /** Of the user, and of somebody else. */
  readonly accountId: AccountId
  readonly otherId: AccountId
  readonly store: TestStore
  readonly boxes: Record<string, string> = {}
  ports: { plain: number; tls: number } = { plain: 0, tls: 0 }
  /** What a submission waits for. */
  beforeSubmission: () => Promise<void> = () => Promise.resolve()
  answerSubmission: () => IntakeResult = () => ({ kind: 'accepted', queueId: null })
  /** What the check of a password waits for. */
  beforePasswordCheck: () => Promise<void> = () => Promise.resolve()
  readonly #metrics = new PrometheusMetrics()
  readonly #cleanup = new AsyncDisposableStack()

  private constructor(store: TestStore, accountId: AccountId, otherId: AccountId) {
    this.store = store
    this.accountId = accountId
    this.otherId = otherId
  }

  static async open(limits: FixtureLimits = {}, spool?: Spool): Promise<JmapFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'gatepost-jmap-'))
    const store = await openTestStore({ dataFolder: folder, localDomains: ['example.test'] })
    const passwordHash = await hashPassword(password, cheap)
    const { id } = await store.directory.addAccount(user, { hash: passwordHash })
    const other = await store.directory.addAccount('you@example.test', { hash: passwordHash })
    await store.directory.addAlias({ address: 'alias@example.test', target: user })
    const fixture = new JmapFixture(store, id, other.id)
    fixture.#cleanup.defer(() => rm(folder, { recursive: true, force: true }))
    fixture.#cleanup.use(store)
    await fixture.#start(limits, spool)
    return fixture
  }

  /** A logged in request over plain HTTP from loopback, unless told otherwise. */
  async ask(options: Ask): Promise<Answer> {
    const response = await this.open(options)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const { statusCode = 0, headers } = response
    return { status: statusCode, headers, body, text: body.toString('utf8') }
  }

  /** Answers when the headers are there: the body is the caller's. */
  open(options: Ask): Promise<IncomingMessage> {
    const isTls = options.isTls ?? false
    const settings: RequestOptions = {
      host: '127.0.0.1',
      port: isTls ? this.ports.tls : this.ports.plain,
      method: options.method ?? 'GET',
      path: options.path,
      headers: { authorization: basic, ...options.headers },
      agent: options.agent ?? false,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    }
    return new Promise((resolve, reject) => {
      const request = isTls
        ? httpsRequest({ ...settings, rejectUnauthorized: false }, resolve)
        : httpRequest(settings, resolve)
      request.on('error', reject)
      this.#cleanup.defer(() => {
        request.on('error', () => undefined)
        request.destroy()
      })
      request.end(options.body)
    })
  }

  /** POSTs an API request. */
  api(body: unknown, options: Partial<Ask> = {}): Promise<Answer> {
    return this.ask({
      method: 'POST',
      path: '/jmap/api',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...options,
      headers: { 'content-type': 'application/json', ...options.headers },
    })
  }

  #counted(unsubscribe: () => void): () => void {
    this.subscriptions.add(unsubscribe)
    return () => {
      this.subscriptions.delete(unsubscribe)
      unsubscribe()
    }
  }

  /** Method calls with all capabilities; `accountId` is filled in. Answers `methodResponses`. */
  async calls(...calls: readonly [string, object, string?][]): Promise<Response[]> {
    const answer = await this.api({
      using: [
        'urn:ietf:params:jmap:core',
        'urn:ietf:params:jmap:mail',
        'urn:ietf:params:jmap:submission',
      ],
      methodCalls: calls.map(([name, args, id], index) => [
        name,
        { accountId: this.accountId, ...args },
        id ?? `c${index}`,
      ]),
    })
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
    return (JSON.parse(answer.text) as { methodResponses: Response[] }).methodResponses
  }

  /** One call: its arguments; those of an error have the type as `error`. */
  async call(name: string, args: object = {}): Promise<Args> {
    const [response] = await this.calls([name, args])
    if (response === undefined) throw new Error('no response')
    return response[0] === 'error' ? { ...response[1], error: response[1]['type'] } : response[1]
  }

  async upload(content: string | Uint8Array, type = 'message/rfc822'): Promise<string> {
    const answer = await this.ask({
      method: 'POST',
      path: `/jmap/upload/${this.accountId}/`,
      body: content,
      headers: { 'content-type': type },
    })
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
    return (JSON.parse(answer.text) as { blobId: string }).blobId
  }

  /** Adds a message to a mailbox; answers its id. */
  async add(
    message: string | Buffer,
    more: { mailbox?: string; keywords?: string[]; at?: number } = {},
  ): Promise<string> {
    const [added] = await this.store.mail.transact(this.accountId, [
      {
        op: 'addEmail',
        content:
          typeof message === 'string' ? Buffer.from(message.replaceAll(/\r?\n/g, '\r\n')) : message,
        mailboxIds: [(more.mailbox ?? this.boxes['inbox']) as MailboxId],
        keywords: more.keywords ?? [],
        receivedAt: more.at ?? 1_700_000_000_000,
      },
    ])
    return added.emailId
  }

  /** As the gate counts them. */
  async openConnections(): Promise<number> {
    const [, sessions] = /^gatepost_sessions (\d+)$/m.exec(await this.#metrics.render()) ?? []
    return Number(sessions)
  }

  get gate(): Gate {
    if (this.#gate === undefined) throw new Error('not open')
    return this.#gate
  }
  #gate: Gate | undefined

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync()
  }

  async #start(limits: FixtureLimits, spool: Spool | undefined): Promise<void> {
    const all = await this.store.mail.read(this.accountId, ({ mailboxes }) => mailboxes.list())
    for (const { id, role } of all) if (role !== null) this.boxes[role] = id
    const { directory } = this.store
    const secureContext = secureContextOf(
      await makeSelfSignedCertificate(['localhost'], Date.now()),
    )
    const trustedProxies = [parseNetwork('127.0.0.9')].filter((network) => network !== undefined)
    const metrics = this.#metrics
    const { filter, security } = this
    const gate = new Gate({
      clock: {
        now: () => systemClock.now(),
        monotonic: () => (this.countsRequests ? 0 : systemClock.monotonic()),
      },
      filter,
      security,
      metrics,
      logger: silentLogger,
      secureContext: () => secureContext,
      trustedProxies,
      limits: { drainMs: 2000, slowMs: 20 },
    })
    this.#gate = gate
    const logger = createLogger('warn', { write: (line) => this.logged.push(line) })
    const common = { security, filter, judge: gate.judge, logger, clock: systemClock }
    const jmap = createJmapModule({
      ...common,
      store: this.store.mail,
      changes: {
        subscribe: (account, listener) =>
          this.#counted(this.store.changes.subscribe(account, listener)),
        watch: (listener) => this.#counted(this.store.changes.watch(listener)),
      },
      directory,
      intake: {
        submit: async (message) => {
          await this.beforeSubmission()
          const result = this.answerSubmission()
          if (result.kind === 'accepted') this.submitted.push(message)
          return result
        },
      },
      hostname: 'mail.example.test',
      onTurn: (units, cpuMs) => {
        this.turns.push(units)
        this.turnsCpuMs.push(cpuMs)
      },
      bursts: {
        sent: (context, name, recipients) => this.sent.push({ context, name, recipients }),
      },
      spool,
      limits: { maxMessageBytes: 1_000_000, pushDelayMs: 1, addressesDelayMs: 1, ...limits },
    })
    const door = await createHttpDoor({
      ...common,
      modules: [jmap],
      logins: new Logins({
        ...gate.loginPorts,
        authenticator: new HeldAuthenticator({ directory, clock: systemClock, cost: cheap }, () =>
          this.beforePasswordCheck(),
        ),
      }),
      proxies: { networks: trustedProxies, header: 'x-forwarded-for' },
      countRequest: (client, context) => this.countsRequests && gate.countRequest(client, context),
      onUnlistedProxy: (peer) => this.unlisted.push(peer.text),
      connectionOf: (socket) => gate.connectionOf(socket),
      hostRules: {
        isOwnName: ownNames({
          hostname: 'mail.example.test',
          isDomain: (name) => name === 'example.test',
          more: [],
        }),
        crossOrigins: ['https://webmail.example.com'],
      },
      limits,
    })
    this.#cleanup.use(door)
    this.#cleanup.use(gate)
    const listen = (name: string, isImplicitTls: boolean, of: Door): Promise<{ port: number }> =>
      gate.listen({ name, host: '127.0.0.1', port: 0, isImplicitTls, isProxied: false, door: of })
    this.ports = {
      plain: (await listen('http', false, door)).port,
      tls: (await listen('https', true, door)).port,
    }
  }
}

class HeldAuthenticator extends Authenticator {
  readonly #before: () => Promise<void>

  constructor(options: AuthenticatorOptions, before: () => Promise<void>) {
    super(options)
    this.#before = before
  }

  override async authenticate(
    ...attempt: Parameters<Authenticator['authenticate']>
  ): Promise<AuthenticationResult> {
    await this.#before()
    return super.authenticate(...attempt)
  }
}
