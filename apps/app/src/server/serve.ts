import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { ConfigError } from '@gatepost/config'
import { MailError } from '@gatepost/core'
import { findEngine, startEngine, type RunningEngine } from '@gatepost/security-crowdsec/engine'
import { createLogger, PrometheusMetrics } from '@gatepost/telemetry'

import { readConfig, type LoadedConfig } from '../config/read-config.ts'
import { scramChoice } from '../config/scram-choice.ts'
import { makeFirstAccount } from '../first-run/first-account.ts'
import { banner } from './banner.ts'
import { lastDefence } from './last-defence.ts'
import { openLogOutput, type LogOutput } from './log-output.ts'
import { startServer } from './start-server.ts'
import { readVersion } from './version.ts'

/** Exit codes: 0 stopped as asked, 1 could not start or had to stop because of a defect, 2 the command line or the configuration is wrong. */
export async function serve(args: readonly string[]): Promise<number> {
  const startedAt = performance.now() - process.uptime() * 1000
  // A reader of the log that goes away (EPIPE) costs the lines, not the server.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } })
    return await run(readConfig(values.config, process.env), startedAt)
  } catch (error) {
    const isUsage =
      error instanceof ConfigError ||
      (error instanceof TypeError &&
        'code' in error &&
        String(error.code).startsWith('ERR_PARSE_ARGS'))
    process.stderr.write(`gatepost: ${describe(error)}\n`)
    return isUsage ? 2 : 1
  }
}

async function run(loaded: LoadedConfig, startedAt: number): Promise<number> {
  const { config, file } = loaded
  await using resources = new AsyncDisposableStack()
  const stop = stopSignal()
  const wantsEngine = config.crowdsec.lapi_url === undefined && config.crowdsec.engine === 'auto'
  const found = wantsEngine ? await findEngine(process.env) : undefined
  const metrics = new PrometheusMetrics({ withProcess: true })
  // An engine that we run reads the security events from a file.
  const securityFile =
    config.log.security_file ??
    (found === undefined ? undefined : join(config.data, 'log', 'security.ndjson'))
  const output: LogOutput = resources.use(openLogOutput(config.log, securityFile, metrics))
  const logger = createLogger(config.log.level, output.log)
  const failed = lastDefence(logger)

  let engine: RunningEngine | undefined
  if (found !== undefined && securityFile !== undefined) {
    engine = await startEngine({
      engine: found,
      folder: join(config.data, 'crowdsec'),
      securityFile,
      logger,
    })
    resources.use(engine)
  }
  const server = resources.use(
    await startServer({
      config,
      log: output.log,
      security: output.security,
      lapi: engine?.lapi,
      metrics,
    }),
  )
  const firstAccount =
    file === undefined
      ? await makeFirstAccount(
          server.store.directory,
          config.domains[0] ?? 'example.test',
          config.data,
          { scram: scramChoice(config) },
        )
      : undefined
  const text = banner({
    version: readVersion(),
    addresses: server.addresses,
    firstAccount,
    isSelfSigned: server.certificate.isSelfSigned,
    certificateFile: server.certificate.certificateFile,
    crowdsec: server.filter.status(),
    crowdsecSource: crowdsecSource(loaded, engine),
    configFile: file,
    dataFolder: config.data,
    readyMs: performance.now() - startedAt,
  })
  ;(output.isText ? process.stdout : process.stderr).write(text)
  logger.info({ version: readVersion() }, 'ready')

  const signal = await Promise.race([stop, failed])
  logger.info({ signal: signal ?? null }, 'stopping')
  return signal === undefined ? 1 : 0
}

/** A supervisor tells the whole process group, and our parent passes it on: both within this time are one request. */
const sameRequestMs = 500

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = performance.now()
      // Asked again: the drain is cut short.
      if (askedAt !== undefined && now - askedAt > sameRequestMs) process.exit(1)
      askedAt ??= now
      resolve(signal)
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}

function crowdsecSource({ config }: LoadedConfig, engine: RunningEngine | undefined): string {
  if (config.crowdsec.lapi_url !== undefined) return `Local API at ${config.crowdsec.lapi_url}`
  if (engine !== undefined) return `Engine ${engine.version} runs as a child of this server.`
  if (config.crowdsec.engine === 'off') return 'It is switched off ([crowdsec] engine = "off").'
  return 'Get the engine with `npm run crowdsec:fetch` (Debian, Ubuntu), or use docker compose (infra/).'
}

function describe(error: unknown): string {
  if (error instanceof ConfigError) return `the configuration cannot be used:\n${error.message}`
  if (error instanceof MailError) return error.message
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return `${error.message}: another program has this port. Change it in [listen.*] or with GATEPOST__LISTEN__<NAME>__ADDRESS.`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
