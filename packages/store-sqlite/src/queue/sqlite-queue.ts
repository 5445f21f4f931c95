import type {
  Queue,
  QueueAdmin,
  QueueEntry,
  QueueId,
  QueueLease,
  QueueLeaseOptions,
  QueueOutcome,
} from '@gatepost/core'
import { keyOf, queueNotFound } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'
import { readBlob } from '../writer/blobs.ts'
import type { WriterClient } from '../writer/writer-client.ts'
import {
  messageColumns,
  messageOf,
  type MessageRow,
  recipientColumns,
  recipientOf,
  type RecipientRow,
} from './queue-rows.ts'

export class SqliteQueue implements Queue, QueueAdmin {
  readonly #sql: Sql
  readonly #writer: WriterClient
  readonly #listeners = new Set<() => void>()

  constructor(sql: Sql, writer: WriterClient) {
    this.#sql = sql
    this.#writer = writer
  }

  lease(options: QueueLeaseOptions): Promise<readonly QueueLease[]> {
    return this.#writer.run({ kind: 'lease', ...options })
  }

  async settle(lease: QueueLease, outcomes: readonly QueueOutcome[]): Promise<void> {
    const { domain, leaseUntil, message } = lease
    const queue = keyOf('q', message.id)
    await this.#writer.run({ kind: 'settle', queue, domain, leaseUntil, outcomes })
  }

  content(id: QueueId): Buffer | undefined {
    const row = this.#sql.get<{ blob_id: number; size: number }>(
      'SELECT blob_id, size FROM queue_message WHERE id = ?',
      keyOf('q', id),
    )
    return row === undefined ? undefined : readBlob(this.#sql, row.blob_id, row.size)
  }

  nextDueAt(): number | undefined {
    const row = this.#sql.get<{ due: number | null }>(
      'SELECT min(due_at) AS due FROM queue_recipient',
    )
    return row?.due ?? undefined
  }

  onEnqueued(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Something is due earlier than it was, or may be. */
  tellEnqueued(): void {
    for (const listener of this.#listeners) listener()
  }

  list(limit: number): readonly QueueEntry[] {
    return this.#sql
      .all<MessageRow>(`SELECT ${messageColumns} FROM queue_message ORDER BY id LIMIT ?`, limit)
      .map((row) => ({ message: messageOf(row), recipients: this.#recipients(row.id) }))
  }

  async retry(id?: QueueId): Promise<number> {
    return this.#writer.run({ kind: 'retryQueue', queue: id === undefined ? null : keyIn(id) })
  }

  async delete(id: QueueId): Promise<void> {
    await this.#writer.run({ kind: 'deleteQueue', queue: keyIn(id) })
  }

  #recipients(queue: number): QueueEntry['recipients'] {
    return this.#sql
      .all<RecipientRow>(
        `SELECT ${recipientColumns} FROM queue_recipient WHERE queue_id = ? ORDER BY domain, address`,
        queue,
      )
      .map(recipientOf)
  }
}

function keyIn(id: QueueId): number {
  const key = keyOf('q', id)
  if (key === 0) throw queueNotFound(id)
  return key
}
