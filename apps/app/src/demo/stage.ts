import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { newPassword } from '@gatepost/auth'
import { loadConfig } from '@gatepost/config'
import { startEngine, type Cscli, type Engine } from '@gatepost/security-crowdsec/engine'
import { createLogger } from '@gatepost/telemetry'

import { listeners } from '../config/listeners.ts'
import { configSchema } from '../config/schema.ts'
import { startServer, type RunningServer } from '../server/start-server.ts'
import { SecurityEvents } from './security-events.ts'
import type { Credentials, Destination } from './visitor.ts'

export interface StageOptions {
  readonly engine: Engine
  /** Gets the lines of the server's log. */
  readonly log: (line: string) => void
  /** As in the environment (`GATEPOST__...`), over our own. */
  readonly settings?: Readonly<Record<string, string>>
}

interface StageParts {
  readonly server: RunningServer
  readonly cscli: Cscli
  readonly events: SecurityEvents
}

/** The server and the engine as `npm start` runs them, in a folder of their own that goes when the stage does. */
export class Stage implements AsyncDisposable, Destination {
  readonly server: RunningServer
  readonly events: SecurityEvents
  readonly cscli: Cscli
  readonly certificate: string
  readonly #resources: AsyncDisposableStack

  private constructor({ server, events, cscli }: StageParts, resources: AsyncDisposableStack) {
    this.server = server
    this.events = events
    this.cscli = cscli
    this.certificate = readFileSync(server.certificate.certificateFile, 'utf8')
    this.#resources = resources
  }

  /** @throws Error when the server or the engine does not start */
  static async open({ engine, log, settings = {} }: StageOptions): Promise<Stage> {
    await using resources = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-demo-'))
    resources.defer(() => rmSync(folder, { recursive: true, force: true }))
    const securityFile = join(folder, 'security.ndjson')
    const running = resources.use(
      await startEngine({
        engine,
        folder: join(folder, 'crowdsec'),
        securityFile,
        logger: createLogger('info', { write: log }),
      }),
    )
    const events = new SecurityEvents(securityFile)
    const server = resources.use(
      await startServer({
        config: loadConfig(configSchema, { environment: { ...ownSettings(folder), ...settings } }),
        log: { write: log },
        security: events,
        lapi: running.lapi,
      }),
    )
    await running.ready
    return new Stage({ server, cscli: running.cscli, events }, resources.move())
  }

  port(listener: string): number {
    const address = this.server.addresses.get(listener)
    if (address === undefined) throw new Error(`${listener} does not listen`)
    return address.port
  }

  async addAccount({ user, password }: Credentials): Promise<void> {
    await this.server.store.directory.addAccount(user, await newPassword(password))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

/** As a user writes them into the environment; every port is the system's choice. */
function ownSettings(folder: string): Record<string, string> {
  const ports = listeners.map(({ name }) => [
    `GATEPOST__LISTEN__${name.toUpperCase()}__ADDRESS`,
    '127.0.0.1:0',
  ])
  return {
    ...(Object.fromEntries(ports) as Record<string, string>),
    GATEPOST__DATA: join(folder, 'data'),
    GATEPOST__HOSTNAME: 'mail.example.test',
    GATEPOST__DOMAINS: 'example.test',
    // The story has no early talker, and its visitors are many and new.
    GATEPOST__LISTEN__MX__GREETING_WAIT_SECONDS: '0',
    // A decision made in the very moment of a poll can be missing from what the Local API has for new: the next full list has it.
    GATEPOST__CROWDSEC__RECONCILE_SECONDS: '2',
  }
}
