import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'

import {
  Authenticator,
  hashPassword,
  parseNetwork,
  systemClock,
  type Account,
  type AccountId,
  type Directory,
  type IntakeResult,
  type MailboxRole,
  type SubmittedMessage,
} from '@gatepost/core'
import { Gate, makeSelfSignedCertificate, secureContextOf, type Door } from '@gatepost/gate'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { CollectingSecurityLog, SwitchFilter } from '@gatepost/testkit'

import { createJmapDoor, type JmapLimits } from '../src/index.ts'
import { MemoryStore } from './memory-store.ts'

export const user = 'me@example.test'
export const password = 'correct hörse: battery'
export const basic: string = authorization(user, password)
const cheap = { memoryKib: 8, passes: 1, lanes: 1 }
const account: Account = {
  id: 'a1' as AccountId,
  address: user,
  createdAt: 0,
  quotaBytes: 0,
  usedBytes: 0,
}

export function authorization(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

export interface Ask {
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
  readonly security: CollectingSecurityLog = new CollectingSecurityLog()
  readonly filter: SwitchFilter = new SwitchFilter()
  readonly accountId: AccountId = account.id
  readonly store: MemoryStore = new MemoryStore(account.id)
  readonly boxes: Record<string, string> = {}
  ports: { plain: number; tls: number } = { plain: 0, tls: 0 }
  answerSubmission: () => IntakeResult = () => ({ kind: 'accepted', queueId: null })
  readonly #cleanup = new AsyncDisposableStack()

  static async open(limits: Partial<JmapLimits> = {}): Promise<JmapFixture> {
    const fixture = new JmapFixture()
    await fixture.#start(limits)
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
        { accountId: account.id, ...args },
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
      path: `/jmap/upload/${account.id}/`,
      body: content,
      headers: { 'content-type': type },
    })
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
    return (JSON.parse(answer.text) as { blobId: string }).blobId
  }

  /** Adds a message to a mailbox; answers its id. */
  async add(
    message: string,
    more: { mailbox?: string; keywords?: string[]; at?: number } = {},
  ): Promise<string> {
    const [added] = await this.store.transact(account.id, [
      {
        op: 'addEmail',
        content: Buffer.from(message.replaceAll(/\r?\n/g, '\r\n')),
        mailboxIds: [(more.mailbox ?? this.boxes['inbox']) as never],
        keywords: more.keywords ?? [],
        receivedAt: more.at ?? 1_700_000_000_000,
      },
    ])
    return added.emailId
  }

  get gate(): Gate {
    if (this.#gate === undefined) throw new Error('not open')
    return this.#gate
  }
  #gate: Gate | undefined

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync()
  }

  async #start(limits: Partial<JmapLimits>): Promise<void> {
    const roles: readonly MailboxRole[] = ['inbox', 'drafts', 'sent', 'trash']
    for (const role of roles) {
      const name = role[0]?.toUpperCase() + role.slice(1)
      const [box] = await this.store.transact(account.id, [
        { op: 'createMailbox', name, parentId: null, role },
      ])
      this.boxes[role] = box.id
    }
    const passwordHash = await hashPassword(password, cheap)
    const directory: Directory = {
      isLocalDomain: (domain) => domain === 'example.test',
      resolve: (address) =>
        address.endsWith('@example.test')
          ? { kind: 'local', accounts: [account] }
          : { kind: 'foreign' },
      credential: (login) => (login === user ? { account, passwordHash } : undefined),
      account: (id) => (id === account.id ? account : undefined),
      addressesOf: () => [user, 'alias@example.test'],
      maySendAs: (_id, address) => /^(?:me(?:\+.*)?|alias)@example\.test$/.test(address),
    }
    const secureContext = secureContextOf(
      await makeSelfSignedCertificate(['localhost'], Date.now()),
    )
    const trustedProxies = [parseNetwork('127.0.0.9')].filter((network) => network !== undefined)
    const metrics = new PrometheusMetrics()
    const { filter, security } = this
    const gate = new Gate({
      filter,
      security,
      metrics,
      logger: silentLogger,
      secureContext: () => secureContext,
      trustedProxies,
      limits: { drainMs: 2000 },
    })
    this.#gate = gate
    const door = await createJmapDoor({
      store: this.store,
      changes: this.store,
      directory,
      intake: {
        submit: async (message) => {
          const result = this.answerSubmission()
          if (result.kind === 'accepted') this.submitted.push(message)
          return result
        },
      },
      authenticator: new Authenticator({ directory, clock: systemClock, cost: cheap }),
      security,
      filter,
      trustedProxies,
      connectionOf: (socket) => gate.connectionOf(socket),
      logger: silentLogger,
      metrics,
      clock: systemClock,
      hostname: 'mail.example.test',
      limits: { maxMessageBytes: 1_000_000, pushDelayMs: 1, ...limits },
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
