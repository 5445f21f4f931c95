import { differenceOfUnlike, withOtherSeen } from '@gatepost/store-model'

import {
  type MailboxDifference,
  mailboxFor,
  type MailboxRow,
  type ViewerMailboxRow,
} from '../../mailbox-row.ts'
import type { EmailRow } from '../rows.ts'
import type { AccountViewers } from './account-viewers.ts'

/** The viewer in whose name the ops of a transaction are. */
export class ActingViewer {
  readonly id: number
  /** What they had in mailboxes before the transaction; undefined: not looked for yet. */
  mailboxes: ReadonlyMap<number, ViewerMailboxRow> | undefined
  readonly subscriptions: Map<number, boolean> = new Map()
  readonly #viewers: AccountViewers

  constructor(id: number, viewers: AccountViewers) {
    this.id = id
    this.#viewers = viewers
  }

  /** As they have them, packed. */
  keywordsOf(email: EmailRow): string {
    const isUnlike = this.#viewers.seen.has(email.id, this.id)
    return isUnlike ? withOtherSeen(email.keywords) : email.keywords
  }

  /** They have `$seen` of an email that is in no mailbox yet, and the owner has not. */
  haveSeen(email: number): void {
    this.#viewers.setUnlike(email, [this.id])
  }

  /** They have seen an email or take it for unread: in these mailboxes, where so many of its thread are unread for the owner. */
  turnOver(
    email: EmailRow,
    places: readonly { readonly mailbox: number; readonly unread: number }[],
  ): void {
    const isUnlike = this.#viewers.seen.has(email.id, this.id)
    const step = differenceOfUnlike(email.keywords) * (isUnlike ? -1 : 1)
    for (const { mailbox, unread } of places)
      this.#viewers.count(
        { mailbox, thread: email.thread_id, before: unread, after: unread },
        { viewers: [this.id], step },
      )
    this.#viewers.seen.toggle(email.id, this.id)
  }

  isSubscribed(mailbox: number): boolean {
    return this.subscriptions.get(mailbox) ?? this.#before(mailbox)?.is_subscribed ?? false
  }

  subscribe(mailbox: number, isSubscribed: boolean): void {
    this.subscriptions.set(mailbox, isSubscribed)
  }

  /** The mailbox as they see it at the end. */
  mailboxOf(row: MailboxRow): MailboxRow {
    const before = this.#before(row.id)
    const added = this.#viewers.differenceOf(row.id, this.id)
    const difference: MailboxDifference = {
      is_subscribed: this.isSubscribed(row.id),
      unread_emails: (before?.unread_emails ?? 0) + added.unread_emails,
      unread_threads: (before?.unread_threads ?? 0) + added.unread_threads,
    }
    return mailboxFor(row, difference)
  }

  #before(mailbox: number): ViewerMailboxRow | undefined {
    if (this.mailboxes === undefined) throw new Error('mailboxes of a viewer that are not loaded')
    return this.mailboxes.get(mailbox)
  }
}
