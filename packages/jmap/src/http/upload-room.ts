import { DataMemory, type AccountId, type DataShare, type MemoryPool } from '@gatepost/core'

import type { JmapLimits } from '../limits.ts'

/** The memory for uploads on their way. An upload that does not fit waits for those before it to end. */
export class UploadRoom {
  readonly #memory: DataMemory
  readonly #waitMs: number
  readonly #waiting = new Set<() => void>()

  constructor(
    limits: Pick<JmapLimits, 'maxUploadBytesInFlight' | 'maxSizeUpload' | 'uploadWaitMs'>,
    pool: MemoryPool | undefined,
  ) {
    this.#waitMs = limits.uploadWaitMs
    this.#memory = new DataMemory(
      { maxBytesInFlight: limits.maxUploadBytesInFlight, maxMessageBytes: limits.maxSizeUpload },
      pool,
    )
  }

  /** For one upload. The caller leaves whatever comes of it. */
  enter(account: AccountId): UploadPlace {
    return new UploadPlace(this.#memory.enter(account), {
      waiting: this.#waiting,
      waitMs: this.#waitMs,
    })
  }
}

interface Line {
  readonly waiting: Set<() => void>
  readonly waitMs: number
}

export class UploadPlace {
  readonly #share: DataShare
  readonly #line: Line
  #stopWaiting: (() => void) | undefined

  constructor(share: DataShare, line: Line) {
    this.#share = share
    this.#line = line
  }

  /** False: there was no room for it in time. Only one call at a time. */
  async take(bytes: number): Promise<boolean> {
    if (this.#share.take(bytes) === undefined) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { waiting, waitMs } = this.#line
    const tryAgain = (): void => {
      if (this.#share.take(bytes) === undefined) resolve(true)
    }
    const timer = setTimeout(() => resolve(false), waitMs)
    this.#stopWaiting = () => resolve(false)
    waiting.add(tryAgain)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      waiting.delete(tryAgain)
      this.#stopWaiting = undefined
    }
  }

  /** Gives the memory to those who wait, first come, first served. May be called more than once. */
  leave(): void {
    const { waiting } = this.#line
    this.#stopWaiting?.()
    this.#share.leave()
    for (const tryAgain of waiting) tryAgain()
  }
}
