import {
  type CountedThread,
  viewerChanges,
  type ViewerChange,
  type ViewerStep,
} from '@gatepost/store-model'

import type { Sql } from '../../sql.ts'

/** The thread of an email in a mailbox: what the owner's unread emails of it were before a change and are after it. */
export interface ThreadPlace extends Omit<CountedThread, 'differences'> {
  readonly mailbox: number
  readonly thread: number
}

interface MailboxDifference {
  readonly mailbox: number
  readonly viewer: number
  unreadEmails: number
  unreadThreads: number
}

/** The viewers of an account that has some, inside one transaction: the differences of mailboxes are held in memory and written once by `finish`. */
export class AccountViewers {
  readonly #sql: Sql
  readonly #account: number
  readonly #mailboxes = new Map<string, MailboxDifference>()
  #ids: readonly number[] | undefined

  constructor(sql: Sql, account: number) {
    this.#sql = sql
    this.#account = account
  }

  /** 128 at most. */
  all(): readonly number[] {
    this.#ids ??= this.#sql
      .all<{ id: number }>('SELECT id FROM viewer WHERE account_id = ?', this.#account)
      .map(({ id }) => id)
    return this.#ids
  }

  /** Of whom all rows are to be removed. */
  forget(viewers: readonly number[]): void {
    this.#ids = this.all().filter((id) => !viewers.includes(id))
  }

  /** Those who have `$seen` of the email unlike the owner. */
  unlike(email: number): readonly number[] {
    return this.#sql
      .all<{ viewer_id: number }>(
        'SELECT viewer_id FROM viewer_seen WHERE account_id = ? AND email_id = ?',
        this.#account,
        email,
      )
      .map((row) => row.viewer_id)
  }

  setUnlike(email: number, viewers: Iterable<number>): void {
    for (const viewer of viewers)
      this.#sql.run(
        'INSERT INTO viewer_seen (account_id, email_id, viewer_id) VALUES (?, ?, ?)',
        this.#account,
        email,
        viewer,
      )
  }

  setAlike(email: number, viewer: number): void {
    this.#sql.run(
      'DELETE FROM viewer_seen WHERE account_id = ? AND email_id = ? AND viewer_id = ?',
      this.#account,
      email,
      viewer,
    )
  }

  /** The owner's `$seen` has changed, and nobody else's: the counters have been told. */
  turnOver(email: number): void {
    const unlike = new Set(this.unlike(email))
    this.forgetEmail(email)
    this.setUnlike(
      email,
      this.all().filter((viewer) => !unlike.has(viewer)),
    )
  }

  forgetEmail(email: number): void {
    this.#sql.run(
      'DELETE FROM viewer_seen WHERE account_id = ? AND email_id = ?',
      this.#account,
      email,
    )
  }

  /** Keeps the counters of viewers, when those of the owner have changed or an email counts otherwise for some viewers. */
  count({ mailbox, thread, before, after }: ThreadPlace, step: ViewerStep): void {
    const rows = this.#sql.all<{ viewer_id: number; unread: number }>(
      'SELECT viewer_id, unread FROM viewer_thread WHERE account_id = ? AND mailbox_id = ? AND thread_id = ?',
      this.#account,
      mailbox,
      thread,
    )
    const differences = new Map(rows.map((row) => [row.viewer_id, row.unread]))
    for (const change of viewerChanges({ before, after, differences }, step)) {
      const kept = this.#differenceOf(mailbox, change.viewer)
      kept.unreadEmails += change.unreadEmails
      kept.unreadThreads += change.unreadThreads
      if (change.unreadEmails !== 0) this.#writeThread(mailbox, thread, change)
    }
  }

  forgetMailbox(mailbox: number): void {
    for (const viewer of this.all()) {
      this.#mailboxes.delete(placeOf(mailbox, viewer))
      this.#sql.run(
        'DELETE FROM viewer_mailbox WHERE account_id = ? AND viewer_id = ? AND mailbox_id = ?',
        this.#account,
        viewer,
        mailbox,
      )
    }
  }

  /** Statements that `finish` will run. */
  get waiting(): number {
    return this.#mailboxes.size
  }

  finish(): void {
    for (const { mailbox, viewer, unreadEmails, unreadThreads } of this.#mailboxes.values())
      this.#sql.run(
        `INSERT INTO viewer_mailbox (account_id, viewer_id, mailbox_id, is_subscribed, unread_emails, unread_threads) VALUES (?, ?, ?, 0, ?, ?)
           ON CONFLICT DO UPDATE SET unread_emails = unread_emails + excluded.unread_emails, unread_threads = unread_threads + excluded.unread_threads`,
        this.#account,
        viewer,
        mailbox,
        unreadEmails,
        unreadThreads,
      )
    this.#mailboxes.clear()
  }

  #differenceOf(mailbox: number, viewer: number): MailboxDifference {
    const key = placeOf(mailbox, viewer)
    const known = this.#mailboxes.get(key)
    if (known !== undefined) return known
    const made = { mailbox, viewer, unreadEmails: 0, unreadThreads: 0 }
    this.#mailboxes.set(key, made)
    return made
  }

  #writeThread(mailbox: number, thread: number, { viewer, difference }: ViewerChange): void {
    if (difference === 0)
      this.#sql.run(
        'DELETE FROM viewer_thread WHERE account_id = ? AND mailbox_id = ? AND thread_id = ? AND viewer_id = ?',
        this.#account,
        mailbox,
        thread,
        viewer,
      )
    else
      this.#sql.run(
        'INSERT OR REPLACE INTO viewer_thread (account_id, mailbox_id, thread_id, viewer_id, unread) VALUES (?, ?, ?, ?, ?)',
        this.#account,
        mailbox,
        thread,
        viewer,
        difference,
      )
  }
}

function placeOf(mailbox: number, viewer: number): string {
  return `${mailbox}/${viewer}`
}
