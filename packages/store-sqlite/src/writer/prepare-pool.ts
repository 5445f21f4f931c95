import { storeBusy } from '@gatepost/store-model'

import { toWire } from '../errors.ts'
import type { Packed } from './packed.ts'
import { PrepareLane } from './prepare-lane.ts'
import type { PrepareReply } from './preparer.ts'
import type { WriterOutcome, WriterRequest } from './protocol.ts'

export interface PreparePoolOptions {
  readonly url: URL
  /** Of the database. */
  readonly path: string
  /** Requests with what was prepared. */
  readonly onPrepared: (packed: Packed, ids: readonly number[]) => void
  readonly onFailed: (outcomes: readonly WriterOutcome[]) => void
}

/** So many messages of the usual size that a batch is worth its way, and no more than the worst of them take in 20 ms. */
const maxSmallAhead = 262_144
/** Prepared, and not yet written: with it the writer has enough to do. One more is let in however large it is. */
const maxBytesBehind = 33_554_432

/**
 * Two threads that read messages before the writer writes them: one for small ones, one for those that would hold small ones up, one at a time. Their order is that
 * of the accounts in turn, in each.
 */
export class PreparePool implements AsyncDisposable {
  readonly #lanes: Readonly<Record<'small' | 'large', PrepareLane>>
  readonly #options: PreparePoolOptions

  constructor(options: PreparePoolOptions) {
    this.#options = options
    this.#lanes = { small: this.#lane('small', maxSmallAhead), large: this.#lane('large', 0) }
  }

  prepare(request: WriterRequest, sizeClass: 'small' | 'large'): void {
    this.#lanes[sizeClass].push(request)
  }

  /** The writer is done with it, whatever came of it. */
  settled(id: number): void {
    for (const lane of Object.values(this.#lanes)) lane.settled(id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane[Symbol.asyncDispose]()))
  }

  #lane(sizeClass: string, maxBytesAhead: number): PrepareLane {
    const { url, path, onFailed } = this.#options
    return new PrepareLane({
      name: `prepare-${sizeClass}`,
      url,
      start: { role: 'prepare', path },
      maxBytesAhead,
      maxBytesBehind,
      onPrepared: (reply) => this.#onPrepared(reply),
      onLost: (ids, { message }) => {
        const error = toWire(storeBusy(`the thread that reads messages died: ${message}`))
        onFailed(ids.map((id) => ({ id, error })))
      },
    })
  }

  #onPrepared({ ids, packed, failed }: PrepareReply): void {
    const { onPrepared, onFailed } = this.#options
    if (failed.length > 0) onFailed(failed)
    if (ids.length === 0) return
    try {
      onPrepared(packed, ids)
    } catch (error) {
      onFailed(ids.map((id) => ({ id, error: toWire(error) })))
    }
  }
}
