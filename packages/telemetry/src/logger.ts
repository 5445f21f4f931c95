import { pino, type Logger } from 'pino'

export type { Logger }

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Where finished lines go; each ends with a line feed. */
export interface LogDestination {
  write(line: string): void
}

/** One JSON object per line: `{"level":"info","time":"2026-01-01T00:00:00.000Z","msg":...}`. No worker transport: lines leave in order. */
export function createLogger(level: LogLevel, destination: LogDestination): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}

/** For tests and for tools that have their own output. */
export const silentLogger: Logger = pino({ level: 'silent' })
