import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import {
  copyCollection,
  engineEnvironment,
  freePort,
  unpackedEngineFolder,
  type Engine,
} from '@gatepost/security-crowdsec/engine'
import { stringify } from 'yaml'

const run = promisify(execFile)
const sharedParsers = [
  'parsers/s00-raw/crowdsecurity/syslog-logs.yaml',
  'parsers/s02-enrich/crowdsecurity/dateparse-enrich.yaml',
  'parsers/s02-enrich/crowdsecurity/whitelists.yaml',
]

/** A copy of crowdsec/ in the dialect of the engine at hand, laid out as `cscli hubtest` wants a hub. */
export class HubFixture implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'gatepost-hub-'))
  readonly #engine: Engine

  private constructor(engine: Engine, hub: string, lapiPort: number) {
    this.#engine = engine
    copyCollection(this.folder, engine)
    this.#addHub(hub)
    this.#addTemplates(lapiPort)
  }

  /** Undefined when the engine came without a copy of the hub. */
  static async open(engine: Engine): Promise<HubFixture | undefined> {
    // An engine that was built has none: what we take from it is the same in all releases.
    const hub = [dirname(dirname(engine.crowdsec)), join(unpackedEngineFolder, 'usr')]
      .map((folder) => join(folder, 'share/crowdsec/hub'))
      .find((folder) => existsSync(join(folder, '.index.json')))
    return hub === undefined ? undefined : new HubFixture(engine, hub, await freePort())
  }

  /** Output of one run; the exit code is 1 when an assertion fails. */
  async run(name: string): Promise<{ readonly code: number; readonly output: string }> {
    const { cscli, crowdsec } = this.#engine
    const args = [
      '-c',
      join(this.folder, '.tests/cscli.yaml'),
      'hubtest',
      '--hub',
      '.',
      '--crowdsec',
      crowdsec,
      '--cscli',
      cscli,
      'run',
      name,
      '--no-clean',
    ]
    try {
      const { stdout, stderr } = await run(cscli, args, {
        cwd: this.folder,
        env: engineEnvironment(this.#engine),
        timeout: 120_000,
        maxBuffer: 64 * 1024 * 1024,
      })
      return { code: 0, output: stdout + stderr }
    } catch (error) {
      if (!(error instanceof Error && 'stdout' in error && 'stderr' in error)) throw error
      return { code: 1, output: `${String(error.stdout)}${String(error.stderr)}` }
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The parsers that every installation has, from the package of the engine. */
  #addHub(hub: string): void {
    for (const path of ['.index.json', ...sharedParsers])
      cpSync(join(hub, path), join(this.folder, path))
  }

  #addTemplates(lapiPort: number): void {
    const write = (name: string, content: object): void =>
      writeFileSync(join(this.folder, '.tests', name), stringify(content))
    // The second name is that of engines from 1.7 on.
    for (const name of ['template_config.yaml', 'template_config2.yaml'])
      write(name, engineConfig('./runtime', lapiPort))
    write('cscli.yaml', engineConfig(join(this.folder, 'cscli'), lapiPort))
    write('template_profiles.yaml', {
      name: 'ban',
      filters: ['Alert.Remediation == true'],
      decisions: [{ type: 'ban', duration: '4h' }],
      on_success: 'break',
    })
    write('template_simulation.yaml', { simulation: false })
    mkdirSync(join(this.folder, 'cscli'))
    cpSync(this.#engine.patterns, join(this.folder, 'cscli/patterns'), { recursive: true })
    for (const name of ['simulation', 'profiles'])
      cpSync(
        join(this.folder, `.tests/template_${name}.yaml`),
        join(this.folder, `cscli/${name}.yaml`),
      )
  }
}

function engineConfig(runtime: string, lapiPort: number): object {
  return {
    common: { daemonize: false, log_media: 'stdout', log_level: 'info', working_dir: '.' },
    config_paths: {
      config_dir: `${runtime}/`,
      data_dir: `${runtime}/data/`,
      simulation_path: `${runtime}/simulation.yaml`,
      hub_dir: `${runtime}/hub/`,
      index_path: `${runtime}/hub/.index.json`,
      notification_dir: `${runtime}/notifications/`,
      plugin_dir: `${runtime}/plugins/`,
    },
    crowdsec_service: { parser_routines: 1 },
    db_config: { type: 'sqlite', db_path: `${runtime}/data/crowdsec.db`, log_level: 'info' },
    api: {
      client: {
        insecure_skip_verify: false,
        credentials_path: `${runtime}/local_api_credentials.yaml`,
      },
      server: {
        log_level: 'info',
        listen_uri: `127.0.0.1:${lapiPort}`,
        profiles_path: `${runtime}/profiles.yaml`,
      },
    },
    prometheus: { enabled: false },
  }
}
