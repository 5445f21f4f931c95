import type { QueueId } from '../ids.ts'
import type { QueueEntry, QueueLease, QueueOutcome } from '../model/queue.ts'

/**
 * The runner's side of the outbound queue. Messages enter it through MailStore.deliver. Runners of several processes may work on one queue: a lease is taken
 * in one transaction, is its process's until it is settled or its time ends, and is in the queue with its owner. What a dead process holds falls due at that
 * end; at once where the adapter knows that the owner is dead.
 * @throws MailError busy `store.busy`
 */
export interface Queue {
  /**
   * Due recipients of a message in a domain, oldest first, one message for each domain that no lease is on. A sender is passed over who has as many leases of
   * this process already as are left: one alone gets half of the limit, and leaves room for others.
   */
  lease(options: QueueLeaseOptions): Promise<readonly QueueLease[]>
  /** Settles leased recipients. A message without recipients leaves the queue with its content. */
  settle(lease: QueueLease, outcomes: readonly QueueOutcome[]): Promise<void>
  /** Undefined: the message has left the queue. */
  content(id: QueueId): Promise<Buffer | undefined>
  /** When the next recipient falls due after that time, undefined when none does. A lease falls due at its end. */
  nextDueAt(after: number): Promise<number | undefined>
  /** Called after something was enqueued by this process. */
  onEnqueued(listener: () => void): () => void
}

export interface QueueLeaseOptions {
  readonly now: number
  readonly leaseMs: number
  readonly limit: number
}

/** The administrator's side. Code: `queue.notFound`. */
export interface QueueAdmin {
  /** The oldest, with all of their recipients. */
  list(limit: number): Promise<readonly QueueEntry[]>
  /** Makes every waiting recipient of it due now; `undefined`: of all messages. Answers how many recipients. */
  retry(id?: QueueId): Promise<number>
  /** Takes it off without a DSN. */
  delete(id: QueueId): Promise<void>
}
