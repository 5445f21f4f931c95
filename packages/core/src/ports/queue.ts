import type { AccountId, QueueId } from '../ids.ts'
import type { QueueEntry, QueueLease, QueueOutcome } from '../model/queue.ts'

/** The runner's side of the outbound queue. Messages enter it through MailStore.deliver. Survives a crash: a lease ends by time. */
export interface Queue {
  /**
   * Due recipients of a message in a domain, oldest first, one message for each domain that is not busy. A sender is passed over who has as many leases
   * already as are left: one alone gets half of the limit, and leaves room for others.
   */
  lease(options: QueueLeaseOptions): Promise<readonly QueueLease[]>
  /** Settles leased recipients. A message without recipients leaves the queue with its content. */
  settle(lease: QueueLease, outcomes: readonly QueueOutcome[]): Promise<void>
  content(id: QueueId): Buffer | undefined
  /** When the next recipient falls due, undefined when none waits. A lease falls due at its end. */
  nextDueAt(): number | undefined
  /** Called after something was enqueued by this process. */
  onEnqueued(listener: () => void): () => void
}

/** `accountId` null: mail of the server itself. */
export interface HeldLease {
  readonly domain: string
  readonly accountId: AccountId | null
}

export interface QueueLeaseOptions {
  readonly now: number
  readonly leaseMs: number
  readonly limit: number
  /** What the runner holds already. */
  readonly held: readonly HeldLease[]
}

/** The administrator's side. Code: `queue.notFound`. */
export interface QueueAdmin {
  list(limit: number): readonly QueueEntry[]
  /** Makes every waiting recipient of it due now; `undefined`: of all messages. Answers how many recipients. */
  retry(id?: QueueId): Promise<number>
  /** Takes it off without a DSN. */
  delete(id: QueueId): Promise<void>
}
