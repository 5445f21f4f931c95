import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'

import { FakeLapi, type FakeDecision } from '@gatepost/lapi-fake'
import { ImapClient, LineClient } from '@gatepost/testkit'

import { GatepostProcess } from '../support/gatepost-process.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { attacker, bystander, password, plainToken, proxyAddress, victim } from './cast.ts'
import { until } from './eventually.ts'
import { HttpClients, type HttpAnswer, type HttpQuestion } from './http-clients.ts'
import { SecurityEvents } from './security-events.ts'
import { TurnReadings } from './turn-readings.ts'

/** As in the environment: `GATEPOST__...`. */
export type Settings = Readonly<Record<string, string>>
export type MailListener = 'mx' | 'submission' | 'submissions' | 'imap' | 'imaps'
export type Listener = MailListener | 'http' | 'https' | 'admin'

const descriptions: Readonly<Record<Listener, string>> = {
  mx: 'SMTP  mail from',
  submission: 'SMTP  sending, STARTTLS',
  submissions: 'SMTP  sending, TLS',
  imap: 'IMAP  STARTTLS',
  imaps: 'IMAP  TLS',
  http: 'JMAP  http ',
  https: 'JMAP  https',
  admin: 'admin',
}

const settingsOfAll: Settings = {
  GATEPOST__HOSTNAME: 'mail.example.test',
  GATEPOST__PROXY__TRUSTED: proxyAddress,
  GATEPOST__LISTEN__MX__PROXY_PROTOCOL: 'true',
  GATEPOST__LISTEN__SUBMISSION__PROXY_PROTOCOL: 'true',
  GATEPOST__LISTEN__SUBMISSIONS__PROXY_PROTOCOL: 'true',
  GATEPOST__LISTEN__IMAP__PROXY_PROTOCOL: 'true',
  GATEPOST__LISTEN__IMAPS__PROXY_PROTOCOL: 'true',
  GATEPOST__LISTEN__HTTPS__ENABLED: 'true',
  GATEPOST__CROWDSEC__API_KEY: 'key',
  GATEPOST__CROWDSEC__POLL_SECONDS: '0.2',
  // Nobody is there: nothing leaves the machine.
  GATEPOST__OUTBOUND__RELAY: '127.0.0.1:1',
}

/** The whole server as a process of its own, behind a proxy that says what it wants, with a Local API of ours. */
export class AttackStage implements AsyncDisposable {
  readonly folder: string
  readonly server: GatepostProcess
  readonly events: SecurityEvents
  readonly turns: TurnReadings
  readonly #lapi: FakeLapi
  readonly #http: HttpClients
  readonly #resources: AsyncDisposableStack
  #networks = 0
  #accounts = 0

  private constructor(
    parts: { readonly folder: string; readonly server: GatepostProcess; readonly lapi: FakeLapi },
    resources: AsyncDisposableStack,
  ) {
    this.folder = parts.folder
    this.server = parts.server
    this.#lapi = parts.lapi
    this.#resources = resources
    this.events = new SecurityEvents(join(parts.folder, 'security.log'))
    this.#http = resources.use(new HttpClients((listener) => this.port(listener)))
    this.turns = new TurnReadings(parts.folder, parts.server)
  }

  static async open(settings: Settings = {}): Promise<AttackStage> {
    await using resources = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-attack-'))
    resources.defer(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'password'), `${password}\n`)
    writeFileSync(join(folder, 'gatepost.toml'), '')
    for (const address of [attacker, victim, bystander]) await addAccount(folder, address)
    const lapi = resources.use(await FakeLapi.listen())
    const server = resources.use(
      new GatepostProcess({
        folder,
        args: ['--config', join(folder, 'gatepost.toml')],
        environment: withoutEmpty({
          ...TurnReadings.environment(folder),
          ...settingsOfAll,
          GATEPOST__CROWDSEC__LAPI_URL: lapi.url,
          GATEPOST__LOG__SECURITY_FILE: join(folder, 'security.log'),
          ...settings,
        }),
      }),
    )
    await server.ready()
    return new AttackStage({ folder, server, lapi }, resources.move())
  }

  /** Before whatever else runs on the machine, where that is allowed: what is measured is the server. */
  prefer(): void {
    try {
      setPriority(this.server.child.pid ?? 0, constants.priority.PRIORITY_HIGH)
    } catch {
      // Only the superuser may.
    }
  }

  port(listener: Listener): number {
    return this.server.port(descriptions[listener])
  }

  /** A /24 of its own for each caller: the address with this last number. RFC 2544's networks, which are nobody's. */
  network(): (host: number) => string {
    this.#networks += 1
    const [high, low] = [this.#networks >> 8, this.#networks & 255]
    return (host) => `198.${18 + high}.${low}.${host}`
  }

  /** A /48 of its own for each caller. */
  network6(): (subnet: number, host: number) => string {
    this.#networks += 1
    const site = this.#networks.toString(16)
    return (subnet, host) =>
      `2001:db8:${site}:${subnet.toString(16)}::${Math.max(1, host).toString(16)}`
  }

  /** A connection whose client has this address; over TLS where the listener begins with it. Nothing is read yet. */
  async connect(listener: MailListener, from: string): Promise<LineClient> {
    const client = new LineClient({ port: this.port(listener), localAddress: proxyAddress })
    await this.#introduce(client, listener, from)
    return client
  }

  /** An IMAP session that has been greeted; with a user: that has logged in. */
  async imap(from: string, user?: string): Promise<ImapClient> {
    const client = new ImapClient({ port: this.port('imaps'), localAddress: proxyAddress })
    await this.#introduce(client.lines, 'imaps', from)
    await client.response()
    if (user !== undefined) await client.ok(`LOGIN ${user} "${password}"`)
    return client
  }

  /** An SMTP session behind EHLO; with a user: over TLS and logged in. */
  async smtp(from: string, user?: string): Promise<LineClient> {
    const client = await this.connect(user === undefined ? 'mx' : 'submissions', from)
    await client.reply()
    await client.ask('EHLO client.example')
    if (user !== undefined) {
      const reply = await client.ask(`AUTH PLAIN ${plainToken(user, password)}`)
      if (!reply.startsWith('235')) throw new Error(reply)
    }
    return client
  }

  http(question: HttpQuestion): Promise<HttpAnswer> {
    return this.#http.ask(question)
  }

  /** One more, with the same password; answers its address. */
  async newAccount(): Promise<string> {
    this.#accounts += 1
    const address = `account${this.#accounts}@example.test`
    await addAccount(this.folder, address)
    return address
  }

  /** `gatepost ARGS`, beside the server; for its store, unless they name another configuration. */
  command(...args: readonly string[]): Promise<CommandResult> {
    const at = args.indexOf('--config')
    return at === -1
      ? runCommand(join(this.folder, 'gatepost.toml'), args)
      : runCommand(args[at + 1] ?? '', args.toSpliced(at, 2))
  }

  /** Resolves when the server knows. Answers how to take it back. */
  async decide(decision: FakeDecision): Promise<() => void> {
    const id = this.#lapi.add(decision)
    await until(async () => {
      const answer = await this.http({
        listener: 'admin',
        path: `/crowdsec/decisions`,
        from: undefined,
      })
      return answer.text.includes(`"${decision.value}"`)
    })
    return () => this.#lapi.delete(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  async #introduce(client: LineClient, listener: MailListener, from: string): Promise<void> {
    // What is written before would come after TLS's first bytes.
    await once(client.socket, 'connect')
    const [family, here] = from.includes(':') ? ['TCP6', '2001:db8::25'] : ['TCP4', '192.0.2.25']
    client.send(`PROXY ${family} ${from} ${here} 40000 25\r\n`)
    if (listener === 'submissions' || listener === 'imaps') await client.startTls()
  }
}

/** What is set to nothing is left out. */
function withoutEmpty(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''))
}

async function addAccount(folder: string, address: string): Promise<void> {
  const args = ['account', 'add', address, '--password-file', join(folder, 'password')]
  const { code, error } = await runCommand(join(folder, 'gatepost.toml'), args)
  if (code !== 0) throw new Error(error)
}
