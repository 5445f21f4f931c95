import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import {
  Authenticator,
  hashPassword,
  systemClock,
  type Account,
  type MailboxId,
  type MailboxRole,
} from '@gatepost/core'
import { Gate, makeSelfSignedCertificate, secureContextOf } from '@gatepost/gate'
import { openStore, type SqliteStore } from '@gatepost/store-sqlite'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { CollectingSecurityLog, SwitchFilter } from '@gatepost/testkit'
import { ImapFlow } from 'imapflow'

import { createImapDoor, type ImapLimits } from '../src/index.ts'
import { ImapClient } from './imap-client.ts'

export const user = 'me@example.test'
export const password = 'correct horse'
const cheap = { memoryKib: 8, passes: 1, lanes: 1 }

/** Gate, IMAP door and a store with two accounts. */
export class ImapFixture implements AsyncDisposable {
  readonly security: CollectingSecurityLog = new CollectingSecurityLog()
  readonly filter: SwitchFilter = new SwitchFilter()
  readonly store: SqliteStore
  readonly account: Account
  readonly ports = { imap: 0, imaps: 0 }
  readonly #cleanup: AsyncDisposableStack
  readonly #gate: Gate

  private constructor(parts: {
    readonly store: SqliteStore
    readonly account: Account
    readonly cleanup: AsyncDisposableStack
    readonly certificate: Awaited<ReturnType<typeof makeSelfSignedCertificate>>
  }) {
    this.store = parts.store
    this.account = parts.account
    this.#cleanup = parts.cleanup
    const secureContext = secureContextOf(parts.certificate)
    this.#gate = this.#cleanup.use(
      new Gate({
        filter: this.filter,
        security: this.security,
        metrics: new PrometheusMetrics(),
        logger: silentLogger,
        secureContext: () => secureContext,
        trustedProxies: [],
        limits: { drainMs: 2000 },
      }),
    )
  }

  static async open(limits: Partial<ImapLimits> = {}): Promise<ImapFixture> {
    await using cleanup = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatepost-imap-'))
    cleanup.defer(() => rm(folder, { recursive: true, force: true }))
    const store = cleanup.use(
      await openStore({ dataFolder: folder, localDomains: ['example.test'] }),
    )
    const passwordHash = await hashPassword(password, cheap)
    const account = await store.directory.addAccount(user, passwordHash)
    await store.directory.addAccount('you@example.test', passwordHash)
    const certificate = await makeSelfSignedCertificate(['localhost'], Date.now())
    const fixture = new ImapFixture({ store, account, certificate, cleanup: cleanup.move() })
    await fixture.#listen(limits)
    return fixture
  }

  /** Greeted. */
  async client(
    listener: 'imap' | 'imaps' = 'imaps',
    options: { readonly localAddress?: string } = {},
  ): Promise<ImapClient> {
    const client = new ImapClient({
      port: this.ports[listener],
      isImplicitTls: listener === 'imaps',
      ...options,
    })
    this.#cleanup.defer(() => client[Symbol.dispose]())
    await client.response()
    return client
  }

  /** Logged in over TLS, with a mailbox selected if one is named. */
  async user(mailbox?: string, address: string = user): Promise<ImapClient> {
    const client = await this.client()
    await client.ok(`LOGIN ${address} "${password}"`)
    if (mailbox !== undefined) await client.ok(`SELECT ${mailbox}`)
    return client
  }

  /** Not connected. */
  flow(options: Partial<ConstructorParameters<typeof ImapFlow>[0]> = {}): ImapFlow {
    const flow = new ImapFlow({
      host: '127.0.0.1',
      port: this.ports.imaps,
      secure: true,
      auth: { user, pass: password },
      tls: { rejectUnauthorized: false },
      logger: false,
      ...options,
    })
    this.#cleanup.defer(() => flow.close())
    return flow
  }

  mailbox(role: MailboxRole): MailboxId {
    const found = this.store.mail.read(this.account.id, (reader) =>
      reader.mailboxes.list().find((mailbox) => mailbox.role === role),
    )
    if (found === undefined) throw new Error(`no mailbox with role ${role}`)
    return found.id
  }

  /** Adds a message, as another protocol would. */
  async add(
    message: string | Uint8Array,
    more: { readonly role?: MailboxRole; readonly keywords?: string[]; readonly at?: number } = {},
  ): Promise<number> {
    const content =
      typeof message === 'string' ? Buffer.from(message.replaceAll(/\r?\n/g, '\r\n')) : message
    const [added] = await this.store.mail.transact(this.account.id, [
      {
        op: 'addEmail',
        content,
        mailboxIds: [this.mailbox(more.role ?? 'inbox')],
        keywords: more.keywords ?? [],
        receivedAt: more.at ?? 1_700_000_000_000,
      },
    ])
    return added.uids[0]?.uid ?? 0
  }

  async stop(): Promise<void> {
    await this.#gate[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync()
  }

  async #listen(limits: Partial<ImapLimits>): Promise<void> {
    const { directory, mail, changes } = this.store
    const door = createImapDoor({
      store: mail,
      changes,
      authenticator: new Authenticator({ directory, clock: systemClock, cost: cheap }),
      security: this.security,
      metrics: new PrometheusMetrics(),
      logger: silentLogger,
      clock: systemClock,
      hostname: 'mail.example.test',
      version: '0.0.0',
      limits,
    })
    for (const name of ['imap', 'imaps'] as const) {
      const { port } = await this.#gate.listen({
        name,
        host: '127.0.0.1',
        port: 0,
        isImplicitTls: name === 'imaps',
        isProxied: false,
        door,
      })
      this.ports[name] = port
    }
  }
}
