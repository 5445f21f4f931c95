import type { DataShare } from '@gatepost/core'

import type { Visit } from './waiting-line.ts'

/** Among those that run at once: until the client is gone and the work is done, since the one does not end the other. */
export class WorkPlace {
  readonly #visit: Visit
  readonly #gone = new AbortController()
  /** Of the memory for answers. */
  #share: DataShare | undefined
  #isWorking = false
  #isClosed = false

  constructor(visit: Visit) {
    this.#visit = visit
  }

  /** The client waits for no answer any more. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  begin(share: DataShare): void {
    this.#share = share
    this.#isWorking = true
  }

  end(): void {
    this.#isWorking = false
    if (this.#isClosed) this.#leave()
  }

  close(): void {
    this.#isClosed = true
    this.#gone.abort()
    if (!this.#isWorking) this.#leave()
  }

  #leave(): void {
    this.#visit.leave()
    this.#share?.leave()
  }
}
