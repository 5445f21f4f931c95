import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { hashPassword } from '@gatepost/auth'
import { loadConfig } from '@gatepost/config'
import { RotatingFile } from '@gatepost/security-crowdsec'

import { listeners } from '../../src/config/listeners.ts'
import { configSchema, type GatepostConfig } from '../../src/config/schema.ts'
import type { Destination } from '../../src/demo/visitor.ts'
import {
  startServer,
  type RunningServer,
  type ServerOptions,
} from '../../src/server/start-server.ts'

export const password = 'correct horse battery'
const cheap = { memoryKib: 8, passes: 1, lanes: 1 }

export interface TestServerOptions extends Partial<
  Omit<ServerOptions, 'config' | 'log' | 'security'>
> {
  /** As in the environment: `GATEPOST__...`. */
  readonly environment?: Readonly<Record<string, string>>
  /** File that gets the security events. */
  readonly securityFile?: string
  readonly accounts?: readonly string[]
}

/** The whole server in this process: every listener on a port of the system's choice, data in a folder of its own. */
export class TestServer implements AsyncDisposable, Destination {
  readonly folder: string
  readonly config: GatepostConfig
  readonly logLines: string[]
  readonly securityLines: string[]
  readonly running: RunningServer
  readonly certificate: string
  readonly #resources: AsyncDisposableStack

  private constructor(
    parts: Pick<TestServer, 'folder' | 'config' | 'logLines' | 'securityLines' | 'running'>,
    resources: AsyncDisposableStack,
  ) {
    this.folder = parts.folder
    this.config = parts.config
    this.logLines = parts.logLines
    this.securityLines = parts.securityLines
    this.running = parts.running
    this.certificate = readFileSync(parts.running.certificate.certificateFile, 'utf8')
    this.#resources = resources
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    await using stack = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    const config = testConfig(folder, options.environment ?? {})
    const logLines: string[] = []
    const securityLines: string[] = []
    const file =
      options.securityFile === undefined
        ? undefined
        : stack.use(
            new RotatingFile({
              path: options.securityFile,
              maxBytes: 0,
              kept: 0,
              onLost: () => undefined,
            }),
          )
    const running = stack.use(
      await startServer({
        ...options,
        config,
        log: { write: (line) => logLines.push(line) },
        security: {
          write: (line) => {
            securityLines.push(line)
            file?.write(line)
          },
        },
      }),
    )
    for (const address of options.accounts ?? ['me@example.test', 'you@example.test'])
      await running.store.directory.addAccount(address, {
        hash: await hashPassword(password, cheap),
      })
    return new TestServer({ folder, config, logLines, securityLines, running }, stack.move())
  }

  port(name: string): number {
    const address = this.running.addresses.get(name)
    if (address === undefined) throw new Error(`${name} does not listen`)
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

function testConfig(folder: string, environment: Readonly<Record<string, string>>): GatepostConfig {
  const ports = Object.fromEntries(
    listeners.map(({ name }) => [
      `GATEPOST__LISTEN__${name.toUpperCase()}__ADDRESS`,
      '127.0.0.1:0',
    ]),
  )
  return loadConfig(configSchema, {
    environment: {
      ...ports,
      GATEPOST__DATA: join(folder, 'data'),
      GATEPOST__HOSTNAME: 'mail.example.test',
      GATEPOST__LISTEN__HTTPS__ENABLED: 'true',
      GATEPOST__LISTEN__MX__GREETING_WAIT_SECONDS: '0',
      ...environment,
    },
  })
}
