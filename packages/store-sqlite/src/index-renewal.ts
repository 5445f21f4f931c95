import type { Logger } from '@gatepost/telemetry'

import type { Sql } from './sql.ts'
import type { BlobRow } from './writer/blobs.ts'
import type { WriterClient } from './writer/writer-client.ts'

const maxBlobs = 64
/** Of one batch, unless a single message is larger. */
const maxBatchBytes = 1_048_576
/** Others write large messages in the same thread: a fifth of its time. */
const restPerWork = 4
const retryMs = 60_000

/** Makes anew what an older program made of messages, newest first, beside the server's work. What is not renewed yet is read from the message each time. */
export class IndexRenewal implements Disposable {
  readonly #sql: Sql
  readonly #writer: Pick<WriterClient, 'run'>
  readonly #logger: Logger
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(sql: Sql, writer: Pick<WriterClient, 'run'>, logger: Logger) {
    this.#sql = sql
    this.#writer = writer
    this.#logger = logger
  }

  start(): void {
    this.#schedule(0)
  }

  [Symbol.dispose](): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(ms: number): void {
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#work(), ms).unref()
  }

  async #work(): Promise<void> {
    const startedAt = performance.now()
    try {
      const blobs = this.#next()
      if (blobs.length === 0) return
      await this.#writer.run({ kind: 'renewIndexes', blobs })
      this.#schedule((performance.now() - startedAt) * restPerWork)
    } catch (error) {
      if (!this.#isStopped) this.#logger.warn({ err: error }, 'store: indexes are not renewed')
      this.#schedule(retryMs)
    }
  }

  #next(): BlobRow[] {
    const rows = this.#sql.all<BlobRow>(
      'SELECT b.id, b.hash, b.size FROM stale_index s JOIN blob b ON b.id = s.blob_id ORDER BY s.blob_id DESC LIMIT ?',
      maxBlobs,
    )
    let bytes = 0
    return rows.filter(({ size }, at) => {
      bytes += size
      return at === 0 || bytes <= maxBatchBytes
    })
  }
}
