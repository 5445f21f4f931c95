import type { SecureContext } from 'node:tls'

import { Authenticator, hashPassword, Logins } from '@gatepost/auth'
import {
  parseAddress,
  parseNetwork,
  systemClock,
  type Account,
  type AccountId,
  type Directory,
  type IntakeResult,
  type NewContent,
  type ReceivedMessage,
  type Resolution,
  type SubmittedMessage,
} from '@gatepost/core'
import {
  defaultRemedies,
  Gate,
  makeSelfSignedCertificate,
  secureContextOf,
  type ListenerRemedies,
} from '@gatepost/gate'
import { OutboundBursts } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import { readContent } from '@gatepost/store-model'
import { createLogger, PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import {
  CollectingSecurityLog,
  LineClient,
  slowDirectory,
  SwitchFilter,
  type LineClientOptions,
  loginRecordOf,
  MemoryLogins,
} from '@gatepost/testkit'

import { createMxDoor, createSubmissionDoor, type SmtpLimits } from '../src/index.ts'

/** As the store has read it. */
type InMemory<M> = Omit<M, 'content'> & { readonly content: Uint8Array }

function account(id: string, address: string): Account {
  const quota = { bytes: 0, emails: 0 }
  return { id: id as AccountId, address, createdAt: 0, quota, usedBytes: 0, usedEmails: 0 }
}
export const me: Account = account('a1', 'me@example.test')
export const password = 'correct horse'
/** Of the gate. */
export const maxConnectionsPerAccount = 3
/** What the doors take for a burst. */
const burst = { maxRecipients: 5, windowMs: 3_600_000 }
export const cheap = { memoryKib: 8, passes: 1, lanes: 1 }

/** Gate and SMTP doors over a directory of one account and an intake that keeps what it gets. */
export class SmtpFixture implements AsyncDisposable {
  readonly received: InMemory<ReceivedMessage>[] = []
  readonly submitted: InMemory<SubmittedMessage>[] = []
  /** What the doors log that is worth a look. */
  readonly warnings: string[] = []
  readonly security: CollectingSecurityLog = new CollectingSecurityLog()
  readonly filter: SwitchFilter = new SwitchFilter()
  readonly #metrics = new PrometheusMetrics()
  /** What the MX tells of the sources of mail; the gate hears it too. */
  readonly told: string[] = []
  /** Who is here; a test may change them. */
  readonly accounts: Map<AccountId, Account> = new Map(
    [me, account('a2', 'you@example.test')].map((one) => [one.id, one]),
  )
  /** Other addresses in example.test, and whose they are. */
  readonly aliases: Map<string, readonly AccountId[]> = new Map([
    ['both@example.test', ['a1', 'a2'] as AccountId[]],
  ])
  adminAddress: string | undefined = 'me@example.test'
  /** What the intake answers next; a test may replace it. */
  answer: () => Promise<IntakeResult> = async () => ({ kind: 'accepted', queueId: null })
  /** Who can log in: `me`, by a password without keys, unless a test puts something else. */
  readonly logins: MemoryLogins = new MemoryLogins()
  readonly #gate: Gate
  readonly #clients: LineClient[] = []
  readonly ports = { mx: 0, proxied: 0, submission: 0, submissions: 0 }

  private constructor(secureContext: SecureContext, remedies: Partial<ListenerRemedies>) {
    this.#gate = new Gate({
      filter: this.filter,
      remedies: () => ({ ...defaultRemedies, ...remedies }),
      security: this.security,
      metrics: this.#metrics,
      logger: silentLogger,
      secureContext: () => secureContext,
      trustedProxies: [parseNetwork('127.0.0.9')].filter((network) => network !== undefined),
      limits: { drainMs: 2000, slowMs: 20, maxConnectionsPerAccount },
    })
  }

  static async open(
    limits: Partial<SmtpLimits> = {},
    remedies: Partial<ListenerRemedies> = {},
    /** On port 25. */
    greetingWaitMs = 0,
    spool?: Spool,
  ): Promise<SmtpFixture> {
    const fixture = new SmtpFixture(
      secureContextOf(await makeSelfSignedCertificate(['localhost'], Date.now())),
      remedies,
    )
    await fixture.#listen(limits, greetingWaitMs, spool)
    return fixture
  }

  client(
    listener: keyof SmtpFixture['ports'],
    options: Partial<LineClientOptions> = {},
  ): LineClient {
    const client = new LineClient({
      port: this.ports[listener],
      isImplicitTls: listener === 'submissions',
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** Greeted, and past EHLO. */
  async session(
    listener: keyof SmtpFixture['ports'],
    options: Partial<LineClientOptions> = {},
  ): Promise<LineClient> {
    const client = this.client(listener, options)
    await client.reply()
    await client.ask('EHLO client.example')
    return client
  }

  /** On the submissions door, logged in. */
  async user(): Promise<LineClient> {
    const client = await this.session('submissions')
    await client.ask(`AUTH PLAIN ${plainToken('me@example.test', password)}`)
    return client
  }

  /** Gives an account a quota, and says what it has used of it. */
  limit(
    id: string,
    quota: Partial<Account['quota']>,
    used: { bytes?: number; emails?: number } = {},
  ): void {
    const found = this.accounts.get(id as AccountId)
    if (found === undefined) throw new Error(`no account ${id}`)
    this.accounts.set(found.id, {
      ...found,
      quota: { ...found.quota, ...quota },
      usedBytes: used.bytes ?? 0,
      usedEmails: used.emails ?? 0,
    })
  }

  /** How many sessions the gate has. */
  async sessions(): Promise<number> {
    const text = await this.#metrics.render()
    return Number(/^gatepost_sessions (\d+)$/m.exec(text)?.[1])
  }

  async stop(): Promise<void> {
    await this.#gate[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]()
    await this.stop()
  }

  async #listen(
    limits: Partial<SmtpLimits>,
    greetingWaitMs: number,
    spool: Spool | undefined,
  ): Promise<void> {
    this.logins.put(loginRecordOf(me, await hashPassword(password, cheap)))
    const directory = asStored({
      resolve: async (addresses: readonly string[]) =>
        new Map(addresses.map((address) => [address, this.#resolve(address)])),
      accounts: async (ids: readonly AccountId[]) => new Map(ids.flatMap((id) => this.#entry(id))),
      isLocalDomain: async (domain: string) => domain === 'example.test',
      maySendAs: async (_id: AccountId, addresses: readonly string[]) =>
        new Set(addresses.filter((one) => /^me(\+.*)?@example\.test$/.test(one))),
    })
    const intake = {
      receive: (message: ReceivedMessage) => this.#take(this.received, message),
      submit: (message: SubmittedMessage) => this.#take(this.submitted, message),
    }
    // As the app has it: one set of options for all doors, the logins among them.
    const common = {
      directory,
      intake,
      logins: new Logins({
        ...this.#gate.loginPorts,
        authenticator: new Authenticator({
          directory: this.logins,
          scramSaltKey: Buffer.from('the same each time'),
          clock: systemClock,
          cost: cheap,
          fingerprint: (secret) => `fingerprint of ${secret}`,
        }),
      }),
      limits,
      spool,
      adminAddress: this.adminAddress,
      fallbackAccount: async () => this.accounts.values().next().value?.address,
      bursts: new OutboundBursts(this.security, systemClock, burst),
      security: this.security,
      metrics: this.#metrics,
      logger: createLogger('warn', { write: (line) => this.warnings.push(line) }),
      hostname: 'mx.example.test',
      postmasterDomain: 'example.test',
      clock: systemClock,
    }
    const traps = new Set(['trap@example.test'])
    const sources = {
      delivered: (ip: string) => this.#tell('delivered', ip),
      offended: (ip: string) => this.#tell('offended', ip),
    }
    const doors = {
      mx: createMxDoor({ ...common, traps, sources }),
      submission: createSubmissionDoor({ ...common, isImplicitTls: false }),
      submissions: createSubmissionDoor({ ...common, isImplicitTls: true }),
    }
    for (const name of ['mx', 'proxied', 'submission', 'submissions'] as const) {
      const { port } = await this.#gate.listen({
        name,
        host: '127.0.0.1',
        port: 0,
        isImplicitTls: name === 'submissions',
        isProxied: name === 'proxied',
        greetingWaitMs: name === 'mx' || name === 'proxied' ? greetingWaitMs : 0,
        door: doors[name === 'proxied' ? 'mx' : name],
      })
      this.ports[name] = port
    }
  }

  #entry(id: AccountId): [AccountId, Account][] {
    const found = this.accounts.get(id)
    return found === undefined ? [] : [[id, found]]
  }

  #resolve(address: string): Resolution {
    const parsed = parseAddress(address)
    if (parsed?.domain !== 'example.test') return { kind: 'foreign' }
    const name = `${parsed.base}@${parsed.domain}`
    const aliased = this.aliases.get(name) ?? []
    const accounts = [...this.accounts.values()].filter(
      (one) => one.address === name || aliased.includes(one.id),
    )
    return accounts.length === 0 ? { kind: 'unknown' } : { kind: 'local', accounts }
  }

  #tell(what: 'delivered' | 'offended', ip: string): void {
    this.told.push(`${what} ${ip}`)
    this.#gate.known[what](ip)
  }

  async #take<M extends { readonly content: NewContent }>(
    list: InMemory<M>[],
    message: M,
  ): Promise<IntakeResult> {
    const result = await this.answer()
    if (result.kind === 'accepted') list.push({ ...message, content: readContent(message.content) })
    return result
  }
}

/** As slow as the store that the suites are to run on. */
function asStored<T extends Partial<Directory>>(directory: T): T {
  return process.env['GATEPOST_TEST_STORE'] === 'slow' ? slowDirectory(directory) : directory
}

export function plainToken(user: string, secret: string, authorization = ''): string {
  return Buffer.from(`${authorization}\0${user}\0${secret}`).toString('base64')
}
