import { HttpLines, RotatingFile, type SecurityHttpConfig } from '@gatepost/security-crowdsec'
import { createLogger, type LogDestination, type Metrics } from '@gatepost/telemetry'

import { readSecret } from '../config/read-config.ts'
import type { GatepostConfig } from '../config/schema.ts'
import { textLine } from './text-line.ts'

export interface LogOutput extends AsyncDisposable {
  readonly log: LogDestination
  readonly security: LogDestination
  readonly isText: boolean
}

// A reader that stops reading must not make the server hold its log without end.
const maxWaitingBytes = 16 * 1024 * 1024

/**
 * Standard output for everything; security events go to `securityFile` and to CrowdSec's HTTP acquisition as well.
 * @throws ConfigError for a secret or a certificate that cannot be read
 */
export function openLogOutput(
  config: GatepostConfig['log'],
  securityFile: string | undefined,
  metrics: Metrics,
): LogOutput {
  const isText = config.format === 'text' || (config.format === 'auto' && process.stdout.isTTY)
  const toConsole = (line: string): void => {
    if (process.stdout.writableLength < maxWaitingBytes)
      process.stdout.write(isText ? textLine(line) : line)
  }
  const log = { write: toConsole }
  const sinks: (LogDestination & AsyncDisposable)[] = []
  if (securityFile !== undefined) sinks.push(fileSink(securityFile, config, metrics))
  if (config.security_http !== undefined)
    sinks.push(
      new HttpLines({
        ...httpOptions(config.security_http),
        logger: createLogger(config.level, log),
        metrics,
        random: Math.random,
      }),
    )
  return {
    isText,
    log,
    security: {
      write: (line) => {
        toConsole(line)
        for (const sink of sinks) sink.write(line)
      },
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sinks.map((sink) => sink[Symbol.asyncDispose]()))
    },
  }
}

function fileSink(path: string, config: GatepostConfig['log'], metrics: Metrics): RotatingFile {
  const lost = metrics.counter(
    'gatepost_security_file_lost_total',
    'Security events that could not be written to their file',
    [],
  )
  return new RotatingFile({
    path,
    maxBytes: config.security_file_mb * 1_000_000,
    kept: config.security_files_kept,
    onLost: (lines) => lost.add({}, lines),
  })
}

function httpOptions(
  config: SecurityHttpConfig,
): Pick<
  ConstructorParameters<typeof HttpLines>[0],
  'url' | 'authorization' | 'readAuthorization' | 'socket' | 'tls'
> {
  const { url, authorization_file: file, socket, ca, certificate, key } = config
  return {
    url,
    socket,
    authorization: file === undefined ? undefined : readSecret(file),
    readAuthorization: file === undefined ? undefined : () => readSecret(file),
    tls: { ...pem('ca', ca), ...pem('certificate', certificate), ...pem('key', key) },
  }
}

function pem(name: string, path: string | undefined): Record<string, string> {
  return path === undefined ? {} : { [name]: readSecret(path) }
}
