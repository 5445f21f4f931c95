import type {
  Queue,
  QueueAdmin,
  QueueEntry,
  QueueId,
  QueueLease,
  QueueLeaseOptions,
  QueueOutcome,
  QueuedRecipient,
} from '@gatepost/core'
import { keyOf, queueNotFound } from '@gatepost/store-model'

import type { ContentClient } from '../read/content/content-client.ts'
import { readContent } from '../read/content/read-content.ts'
import type { Sql } from '../sql.ts'
import type { WriterClient } from '../writer/writer-client.ts'
import {
  messageColumns,
  messageOf,
  type MessageRow,
  recipientColumns,
  recipientOf,
  type RecipientRow,
} from './queue-rows.ts'

export interface QueueParts {
  readonly sql: Sql
  readonly content: ContentClient
  readonly writer: WriterClient
  /** This process, among those that ever hold leases. */
  readonly owner: string
  /** Nobody else works on the queue: the folder is locked. */
  readonly isAlone: boolean
}

export class SqliteQueue implements Queue, QueueAdmin {
  readonly #parts: QueueParts
  readonly #listeners = new Set<() => void>()
  /** Leases that were there before us are of the dead. */
  #takesOver: boolean

  constructor(parts: QueueParts) {
    this.#parts = parts
    this.#takesOver = parts.isAlone
  }

  async lease(options: QueueLeaseOptions): Promise<readonly QueueLease[]> {
    const { writer, owner } = this.#parts
    const { now, leaseMs, limit } = options
    const takesOver = this.#takesOver
    const leases = await writer.run({ kind: 'lease', now, leaseMs, limit, owner, takesOver })
    this.#takesOver = false
    return leases
  }

  async settle(lease: QueueLease, outcomes: readonly QueueOutcome[]): Promise<void> {
    const { domain, leaseUntil, message } = lease
    const { writer, owner } = this.#parts
    const queue = keyOf('q', message.id)
    await writer.run({ kind: 'settle', queue, domain, leaseUntil, owner, outcomes })
  }

  async content(id: QueueId): Promise<Buffer | undefined> {
    const row = this.#parts.sql.get<{ blob_id: number; size: number }>(
      'SELECT blob_id, size FROM queue_message WHERE id = ?',
      keyOf('q', id),
    )
    return row === undefined ? undefined : readContent(this.#parts, row)
  }

  async nextDueAt(after: number): Promise<number | undefined> {
    const row = this.#parts.sql.get<{ due: number | null }>(
      'SELECT min(due_at) AS due FROM queue_recipient WHERE due_at > ?',
      after,
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

  async list(limit: number): Promise<readonly QueueEntry[]> {
    const { sql } = this.#parts
    const messages = sql.all<MessageRow>(
      `SELECT ${messageColumns} FROM queue_message ORDER BY id LIMIT ?`,
      limit,
    )
    const recipients = new Map(messages.map(({ id }) => [id, new Array<QueuedRecipient>()]))
    const rows = sql.iterate<RecipientRow & { queue_id: number }>(
      `SELECT queue_id, ${recipientColumns} FROM queue_recipient WHERE queue_id BETWEEN ? AND ? ORDER BY queue_id, domain, address`,
      messages.at(0)?.id ?? 0,
      messages.at(-1)?.id ?? 0,
    )
    for (const row of rows) recipients.get(row.queue_id)?.push(recipientOf(row))
    return messages.map((row) => ({
      message: messageOf(row),
      recipients: recipients.get(row.id) ?? [],
    }))
  }

  async retry(id?: QueueId): Promise<number> {
    return this.#parts.writer.run({
      kind: 'retryQueue',
      queue: id === undefined ? null : keyIn(id),
    })
  }

  async delete(id: QueueId): Promise<void> {
    await this.#parts.writer.run({ kind: 'deleteQueue', queue: keyIn(id) })
  }
}

function keyIn(id: QueueId): number {
  const key = keyOf('q', id)
  if (key === 0) throw queueNotFound(id)
  return key
}
