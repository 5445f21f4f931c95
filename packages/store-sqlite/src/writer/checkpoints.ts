import type { DatabaseSync } from 'node:sqlite'

import { WorkerClient } from '@gatepost/store-model'

import type { WorkerStart } from '../worker-protocol.ts'

/** The thread that copies the write-ahead log into the database. It starts when the log is long for the first time. */
export class Checkpoints implements AsyncDisposable {
  readonly #options: { readonly url: URL; readonly path: string; readonly onEnd: () => void }
  #worker: WorkerClient<null, null> | undefined

  /** `onEnd`: a checkpoint is over, whatever has come of it. */
  constructor(options: { readonly url: URL; readonly path: string; readonly onEnd: () => void }) {
    this.#options = options
  }

  run(): void {
    this.#worker ??= this.#start()
    this.#worker.send(null)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.[Symbol.asyncDispose]()
  }

  #start(): WorkerClient<null, null> {
    const { url, path, onEnd } = this.#options
    return new WorkerClient({
      name: 'checkpoint',
      url,
      start: { role: 'checkpoint', path } satisfies WorkerStart,
      onReport: onEnd,
      onDeath: (_error, isRestarted) => {
        if (!isRestarted) this.#worker = undefined
        onEnd()
      },
    })
  }
}

/** Neither readers nor the writer wait for it, nor does it for them. What it cannot copy (a full disk, a reader) is left for the next one. */
export function runCheckpoint(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {
    // The writer finds the log as long as it was.
  }
}
