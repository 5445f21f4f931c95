import type { QueueId } from '../ids.ts'
import type { QueueEntry, QueueLease, QueueOutcome } from '../model/queue.ts'

/** The runner's side of the outbound queue. Messages enter it through MailStore.deliver. Survives a crash: a lease ends by time. */
export interface Queue {
  /** Due recipients, oldest first, one lease per message and domain. Domains in `busyDomains` are passed over. */
  lease(options: QueueLeaseOptions): Promise<readonly QueueLease[]>
  /** Settles leased recipients. A message without recipients leaves the queue with its content. */
  settle(lease: QueueLease, outcomes: readonly QueueOutcome[]): Promise<void>
  content(id: QueueId): Buffer | undefined
  /** When the next recipient falls due, undefined when none waits. A lease falls due at its end. */
  nextDueAt(): number | undefined
  /** Called after something was enqueued by this process. */
  onEnqueued(listener: () => void): () => void
}

export interface QueueLeaseOptions {
  readonly now: number
  readonly leaseMs: number
  readonly limit: number
  readonly busyDomains: ReadonlySet<string>
}

/** The administrator's side. Code: `queue.notFound`. */
export interface QueueAdmin {
  list(limit: number): readonly QueueEntry[]
  /** Makes every waiting recipient of it due now; `undefined`: of all messages. Answers how many recipients. */
  retry(id?: QueueId): Promise<number>
  /** Takes it off without a DSN. */
  delete(id: QueueId): Promise<void>
}
