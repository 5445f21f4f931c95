import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Authenticator, Logins, newPassword } from '@gatepost/auth'
import { systemClock, type Account } from '@gatepost/core'
import { Gate, makeSelfSignedCertificate, secureContextOf } from '@gatepost/gate'
import type { Spool } from '@gatepost/spool'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { openTestStore, type TestStore } from '@gatepost/test-store'
import { CollectingSecurityLog, SwitchFilter } from '@gatepost/testkit'

import { createImapDoor, type ImapLimits } from '../src/index.ts'

export const user = 'me@example.test'
export const password = 'correct horse'
const cheap = { memoryKib: 8, passes: 1, lanes: 1 }
/** As few iterations as a client takes. */
const scram = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }

/** Gate, IMAP door and a store with two accounts. */
export class ImapServer implements AsyncDisposable {
  readonly security: CollectingSecurityLog = new CollectingSecurityLog()
  readonly filter: SwitchFilter = new SwitchFilter()
  readonly store: TestStore
  readonly account: Account
  readonly ports = { imap: 0, imaps: 0 }
  protected readonly cleanup: AsyncDisposableStack
  readonly #gate: Gate

  protected constructor(parts: ServerParts) {
    this.store = parts.store
    this.account = parts.account
    this.cleanup = parts.cleanup
    const secureContext = secureContextOf(parts.certificate)
    this.#gate = this.cleanup.use(
      new Gate({
        filter: this.filter,
        security: this.security,
        metrics: new PrometheusMetrics(),
        logger: silentLogger,
        secureContext: () => secureContext,
        trustedProxies: [],
        limits: { drainMs: 2000, slowMs: 20 },
      }),
    )
  }

  static async start(limits: Partial<ImapLimits> = {}): Promise<ImapServer> {
    const server = new ImapServer(await makeParts())
    await server.listen(limits)
    return server
  }

  async stop(): Promise<void> {
    await this.#gate[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleanup.disposeAsync()
  }

  protected async listen(limits: Partial<ImapLimits>, spool?: Spool): Promise<void> {
    const { directory, mail, changes } = this.store
    const door = createImapDoor({
      store: mail,
      changes,
      logins: new Logins({
        ...this.#gate.loginPorts,
        authenticator: new Authenticator({
          directory,
          clock: systemClock,
          cost: cheap,
          scramSaltKey: Buffer.from('the same each time'),
        }),
      }),
      security: this.security,
      metrics: new PrometheusMetrics(),
      logger: silentLogger,
      clock: systemClock,
      hostname: 'mail.example.test',
      version: '0.0.0',
      limits,
      spool,
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

export interface ServerParts {
  readonly store: TestStore
  readonly account: Account
  readonly cleanup: AsyncDisposableStack
  readonly certificate: Awaited<ReturnType<typeof makeSelfSignedCertificate>>
}

export async function makeParts(): Promise<ServerParts> {
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatepost-imap-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const store = cleanup.use(
    await openTestStore({ dataFolder: folder, localDomains: ['example.test'] }),
  )
  const secret = await newPassword(password, { cost: cheap, scram })
  const account = await store.directory.addAccount(user, secret)
  await store.directory.addAccount('you@example.test', secret)
  const certificate = await makeSelfSignedCertificate(['localhost'], Date.now())
  return { store, account, certificate, cleanup: cleanup.move() }
}
