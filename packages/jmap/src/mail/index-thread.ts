import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import type { MimeIndex } from '@gatepost/mime'

export interface IndexedBytes {
  readonly index: MimeIndex
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Reads the structure of messages beside the event loop, one at a time. It starts with the first, keeps no process alive, and starts again should it die. */
export class IndexThread implements AsyncDisposable {
  #worker: Worker | undefined

  /** The memory of `bytes` is given away, and comes back. Asked again only after its answer. @throws when the thread dies */
  async read(bytes: Uint8Array<ArrayBuffer>): Promise<IndexedBytes> {
    const worker = (this.#worker ??= this.#start())
    const ended = new AbortController()
    const end = (): void => ended.abort()
    worker.once('exit', end)
    worker.ref()
    try {
      const answer = once(worker, 'message', { signal: ended.signal })
      worker.postMessage(bytes, [bytes.buffer])
      const [indexed] = (await answer) as [IndexedBytes]
      return indexed
    } finally {
      worker.off('exit', end)
      worker.unref()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    // What the parent was started with (a test runner's loaders, an inspector) is not for this thread.
    const worker = new Worker(new URL('./index-worker.ts', import.meta.url), { execArgv: [] })
    // Who waits for an answer is told by `once`.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    return worker
  }
}
