import type { Logger } from '@gatepost/telemetry'

import { pause } from '../../pause.ts'
import { reasonOf } from '../lapi/lapi-error.ts'

export interface HeartbeatOptions {
  /** @throws LapiError */
  readonly beat: (signal: AbortSignal) => Promise<void>
  readonly logger: Logger
  /** As the engine does. */
  readonly everyMs?: number
}

/** Shows the Local API that our machine lives, as long as we do. A beat that fails is said once, and the next one is tried as usual. */
export class Heartbeat implements AsyncDisposable {
  readonly #options: HeartbeatOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #hasFailed = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { everyMs = 60_000 } = this.#options
    while (!signal.aborted) {
      await this.#beat(signal)
      await pause(everyMs, signal)
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { beat, logger } = this.#options
    try {
      await beat(signal)
      this.#hasFailed = false
    } catch (error) {
      if (!this.#hasFailed && !signal.aborted)
        logger.warn(
          { reason: reasonOf(error, 0) },
          'the Local API does not take the heartbeat of our machine',
        )
      this.#hasFailed = true
    }
  }
}
