import type { Logger } from '@gatepost/telemetry'

/** An orderly end that takes longer is cut short. */
const maxStopMs = 60_000

/**
 * For errors that nobody caught: they are defects, and what they left behind is unknown. Each is logged; with the first the promise resolves, for the server to
 * stop in order and be started again by its supervisor. Errors while it stops are logged and stop nothing.
 */
export function lastDefence(logger: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const note = (err: unknown, kind: string): void => {
    logger.fatal({ err, kind }, 'an error that nobody caught: the server stops in order')
    setTimeout(() => process.exit(1), maxStopMs).unref()
    resolve()
  }
  process.on('uncaughtException', (error, kind) => note(error, kind))
  process.on('unhandledRejection', (reason) => note(reason, 'unhandledRejection'))
  return promise
}
