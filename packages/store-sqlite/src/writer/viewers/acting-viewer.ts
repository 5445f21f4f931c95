import { differenceOfUnlike, withOtherSeen } from '@gatepost/store-model'

import { type MailboxDifference, mailboxFor, type MailboxRow } from '../../mailbox-row.ts'
import type { Sql } from '../../sql.ts'
import type { CountedEmail } from '../memberships.ts'
import type { AccountViewers } from './account-viewers.ts'

/** The viewer in whose name the ops of a transaction are. */
export class ActingViewer {
  readonly #sql: Sql
  readonly #account: number
  readonly #id: number
  readonly #viewers: AccountViewers

  constructor(
    { sql, id }: { readonly sql: Sql; readonly id: number },
    viewers: AccountViewers,
    viewer: number,
  ) {
    this.#sql = sql
    this.#account = id
    this.#id = viewer
    this.#viewers = viewers
  }

  /** As they have them, packed. */
  keywordsOf(email: CountedEmail): string {
    return this.#isUnlike(email.id) ? withOtherSeen(email.keywords) : email.keywords
  }

  /** They have `$seen` of an email that is in no mailbox yet, and the owner has not. */
  haveSeen(email: number): void {
    this.#viewers.setUnlike(email, [this.#id])
  }

  /** They have seen an email or take it for unread: in the mailboxes with these, where so many are unread for the owner. */
  turnOver(email: CountedEmail, mailboxes: readonly number[]): void {
    const isUnlike = this.#isUnlike(email.id)
    const step = differenceOfUnlike(email.keywords) * (isUnlike ? -1 : 1)
    for (const mailbox of mailboxes) {
      const unread = this.#unreadOf(mailbox, email.thread_id)
      this.#viewers.count(
        { mailbox, thread: email.thread_id, before: unread, after: unread },
        { viewers: [this.#id], step },
      )
    }
    if (isUnlike) this.#viewers.setAlike(email.id, this.#id)
    else this.#viewers.setUnlike(email.id, [this.#id])
  }

  isSubscribed(mailbox: number): boolean {
    return this.#differenceOf(mailbox)?.is_subscribed === 1
  }

  subscribe(mailbox: number, isSubscribed: boolean): void {
    this.#sql.run(
      `INSERT INTO viewer_mailbox (account_id, viewer_id, mailbox_id, is_subscribed, unread_emails, unread_threads) VALUES (?, ?, ?, ?, 0, 0)
         ON CONFLICT DO UPDATE SET is_subscribed = excluded.is_subscribed`,
      this.#account,
      this.#id,
      mailbox,
      isSubscribed ? 1 : 0,
    )
  }

  /** The mailbox as they see it, once the counters have been written. */
  mailboxOf(row: MailboxRow): MailboxRow {
    return mailboxFor(row, this.#differenceOf(row.id))
  }

  #isUnlike(email: number): boolean {
    const row = this.#sql.get(
      'SELECT 1 FROM viewer_seen WHERE account_id = ? AND email_id = ? AND viewer_id = ?',
      this.#account,
      email,
      this.#id,
    )
    return row !== undefined
  }

  #unreadOf(mailbox: number, thread: number): number {
    const row = this.#sql.get<{ unread: number }>(
      'SELECT unread FROM mailbox_thread WHERE account_id = ? AND mailbox_id = ? AND thread_id = ?',
      this.#account,
      mailbox,
      thread,
    )
    return row?.unread ?? 0
  }

  #differenceOf(mailbox: number): MailboxDifference | undefined {
    return this.#sql.get<MailboxDifference>(
      'SELECT is_subscribed, unread_emails, unread_threads FROM viewer_mailbox WHERE account_id = ? AND viewer_id = ? AND mailbox_id = ?',
      this.#account,
      this.#id,
      mailbox,
    )
  }
}
