import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Visitor, type Credentials } from '../../apps/app/src/demo/visitor.ts'
import { GatepostProcess } from '../../apps/app/test/support/gatepost-process.ts'
import { findEngine, startEngine } from '../../packages/security-crowdsec/src/engine/index.ts'
import { MachineClient } from '../../packages/security-crowdsec/src/filter/report/machine-client.ts'
import { LapiClient } from '../../packages/security-crowdsec/src/index.ts'
import { silentLogger } from '../../packages/telemetry/src/index.ts'
import { FileTail } from './file-tail.ts'
import { LapiTap } from './lapi-tap.ts'

/** A Gatepost in a process of its own and the real engine with our collection, with eyes at every step between the two. */
export interface CrowdsecStand {
  readonly owner: Credentials
  /** The security log, as the engine reads it. */
  readonly log: FileTail
  /** What the Local API answers to Gatepost. */
  readonly tap: LapiTap
  /** A reader of decisions beside Gatepost, with a key of its own. */
  readonly reader: LapiClient
  /** Who may decide. */
  readonly machine: MachineClient
  visitor(address: string): Visitor
}

const listeners = {
  mx: 'SMTP  mail from',
  submissions: 'SMTP  sending, TLS',
  imaps: 'IMAP  TLS',
  http: 'JMAP  http ',
}

/** `settings`: of Gatepost, as in the environment. `live-key` is a key too. @throws Error where there is no engine */
export async function openStand(
  resources: AsyncDisposableStack,
  settings: Readonly<Record<string, string>>,
): Promise<CrowdsecStand> {
  const engine = await findEngine(process.env)
  if (engine === undefined) throw new Error('no CrowdSec engine (npm run crowdsec:fetch)')
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-bench-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const securityFile = join(folder, 'security.ndjson')
  const running = resources.use(
    await startEngine({
      engine,
      folder: join(folder, 'crowdsec'),
      securityFile,
      logger: silentLogger,
    }),
  )
  await running.ready
  for (const name of ['reader', 'live'])
    await running.cscli('bouncers', 'add', name, '-k', `${name}-key`)
  const tap = resources.use(await LapiTap.listen(running.lapi.url))
  const server = resources.use(
    new GatepostProcess({
      folder,
      environment: {
        GATEPOST__CROWDSEC__LAPI_URL: tap.url,
        GATEPOST__CROWDSEC__API_KEY: running.lapi.apiKey,
        GATEPOST__LOG__SECURITY_FILE: securityFile,
        // What is measured is not the wait of strangers.
        GATEPOST__LISTEN__MX__GREETING_WAIT_SECONDS: '0',
        ...settings,
      },
    }),
  )
  await server.ready()
  const certificate = readFileSync(join(folder, 'data/tls/certificate.pem'), 'utf8')
  const ports = Object.fromEntries(
    Object.entries(listeners).map(([name, description]) => [name, server.port(description)]),
  )
  const shared = { url: running.lapi.url, timeoutMs: 10_000, version: '0.0.0' }
  return {
    owner: {
      user: 'me@example.test',
      password: readFileSync(join(folder, 'data/initial-password'), 'utf8').trim(),
    },
    log: resources.use(new FileTail(securityFile)),
    tap,
    reader: resources.use(new LapiClient({ ...shared, apiKey: 'reader-key' })),
    machine: resources.use(new MachineClient({ ...shared, ...machineIn(running.configFile) })),
    visitor: (address) =>
      new Visitor(address, { port: (listener) => ports[listener] ?? 0, certificate }),
  }
}

/** The engine's own login to its Local API, beside its configuration. */
function machineIn(configFile: string): { readonly machineId: string; readonly password: string } {
  const text = readFileSync(join(configFile, '../local_api_credentials.yaml'), 'utf8')
  const word = (key: string): string => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return { machineId: word('login'), password: word('password') }
}
