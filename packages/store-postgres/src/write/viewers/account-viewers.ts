import { type CountedThread, viewerChanges, type ViewerStep } from '@gatepost/store-model'

import { ViewerSeen } from './viewer-seen.ts'
import { ViewerThreads } from './viewer-threads.ts'

/** The thread of an email in a mailbox: what the owner's unread emails of it were before a change and are after it. */
export interface ThreadPlace extends Omit<CountedThread, 'differences'> {
  readonly mailbox: number
  readonly thread: number
}

/** What is added to the differences of a mailbox's counters. */
export interface MailboxDifference {
  readonly mailbox_id: number
  readonly viewer_id: number
  unread_emails: number
  unread_threads: number
}

/** The viewers of an account that has some, inside one transaction. */
export class AccountViewers {
  readonly seen: ViewerSeen = new ViewerSeen()
  readonly threads: ViewerThreads = new ViewerThreads()
  /** All of them, 128 at most; undefined: not looked for yet. */
  ids: readonly number[] | undefined
  readonly #mailboxes = new Map<string, MailboxDifference>()
  readonly #goneMailboxes = new Set<number>()

  /** They have been loaded. */
  all(): readonly number[] {
    if (this.ids === undefined) throw new Error('viewers that are not loaded')
    return this.ids
  }

  /** The owner's `$seen` has changed, and nobody else's: the counters have been told. */
  turnOver(email: number): void {
    for (const viewer of this.all()) this.seen.toggle(email, viewer)
  }

  /** They are in no mailbox yet, or no more. */
  setUnlike(email: number, viewers: readonly number[]): void {
    for (const viewer of viewers) this.seen.toggle(email, viewer)
  }

  forgetEmail(email: number): void {
    for (const viewer of this.seen.of(email)) this.seen.toggle(email, viewer)
  }

  /** Keeps the counters of viewers, when those of the owner have changed or an email counts otherwise for some viewers. */
  count(place: ThreadPlace, step: ViewerStep): void {
    const { before, after, mailbox } = place
    const differences = this.threads.at(place)
    for (const change of viewerChanges({ before, after, differences }, step)) {
      const kept = this.differenceOf(mailbox, change.viewer)
      kept.unread_emails += change.unreadEmails
      kept.unread_threads += change.unreadThreads
      if (change.unreadEmails !== 0) this.threads.set(place, change.viewer, change.difference)
    }
  }

  /** What this transaction adds. */
  differenceOf(mailbox: number, viewer: number): MailboxDifference {
    const key = `${mailbox}/${viewer}`
    const known = this.#mailboxes.get(key)
    if (known !== undefined) return known
    const made = { mailbox_id: mailbox, viewer_id: viewer, unread_emails: 0, unread_threads: 0 }
    this.#mailboxes.set(key, made)
    return made
  }

  forgetMailbox(mailbox: number): void {
    this.#goneMailboxes.add(mailbox)
    for (const viewer of this.all()) this.#mailboxes.delete(`${mailbox}/${viewer}`)
  }

  /** At the end of the transaction. */
  mailboxes(): {
    readonly changed: readonly MailboxDifference[]
    readonly gone: readonly number[]
  } {
    const changed = [...this.#mailboxes.values()].filter(
      (row) => row.unread_emails !== 0 || row.unread_threads !== 0,
    )
    return { changed, gone: [...this.#goneMailboxes] }
  }
}
