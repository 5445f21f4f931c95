import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { dirname } from 'node:path'

import type { LogDestination } from '@gatepost/telemetry'

import type { GatepostConfig } from '../config/schema.ts'
import { textLine } from './text-line.ts'

export interface LogOutput extends AsyncDisposable {
  readonly log: LogDestination
  readonly security: LogDestination
  readonly isText: boolean
}

// A reader that stops reading must not make the server hold its log without end.
const maxWaitingBytes = 16 * 1024 * 1024

/** Standard output for everything; security events go to `securityFile` as well. */
export function openLogOutput(
  config: GatepostConfig['log'],
  securityFile: string | undefined,
): LogOutput {
  const isText = config.format === 'text' || (config.format === 'auto' && process.stdout.isTTY)
  const file = securityFile === undefined ? undefined : openFile(securityFile)
  const toConsole = (line: string): void => {
    if (process.stdout.writableLength < maxWaitingBytes)
      process.stdout.write(isText ? textLine(line) : line)
  }
  return {
    isText,
    log: { write: toConsole },
    security: {
      write: (line) => {
        toConsole(line)
        if (file !== undefined && file.writableLength < maxWaitingBytes) file.write(line)
      },
    },
    [Symbol.asyncDispose]: async () => {
      if (file !== undefined) await new Promise<void>((resolve) => file.end(resolve))
    },
  }
}

function openFile(path: string): WriteStream {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  // A full disk costs log lines, not the server.
  stream.on('error', () => undefined)
  return stream
}
