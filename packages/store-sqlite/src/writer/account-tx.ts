import type { MailboxRole, ModSeq, PrincipalId } from '@gatepost/core'
import { accountNotFound, mailboxNotFound, modSeq, quotaExceeded } from '@gatepost/store-model'

import { findViewer } from '../find-viewer.ts'
import { mailboxColumns, type MailboxRow } from '../mailbox-row.ts'
import type { Sql } from '../sql.ts'
import { AccountViewers } from './viewers/account-viewers.ts'
import { ActingViewer } from './viewers/acting-viewer.ts'

interface AccountRow {
  mod_seq: number
  used_bytes: number
  quota_bytes: number
  used_emails: number
  quota_emails: number
  last_uid_validity: number
  readonly viewers: number
}

export const tombstoneKind = { email: 1, mailbox: 2, thread: 3 } as const

/**
 * One account inside one transaction: its counters and the mailboxes it touches are held in memory and written once by `finish`.
 * Dropped as it is when the transaction is undone.
 */
export class AccountTx {
  readonly sql: Sql
  readonly id: number
  readonly now: number
  /** Undefined: it has none, and nothing is to be done for any. */
  readonly viewers: AccountViewers | undefined
  readonly #account: AccountRow
  readonly #startModSeq: number
  readonly #startUsed: number
  readonly #mailboxes = new Map<number, MailboxRow>()
  readonly #dirty = new Set<MailboxRow>()
  readonly #counted = new Set<MailboxRow>()
  readonly #threads = new Set<number>()
  #viewer: ActingViewer | undefined

  /** @throws MailError notFound `account.notFound` */
  constructor(sql: Sql, id: number, now: number) {
    const row = sql.get<AccountRow>(
      'SELECT mod_seq, used_bytes, quota_bytes, used_emails, quota_emails, last_uid_validity, viewers FROM account WHERE id = ?',
      id,
    )
    if (row === undefined) throw accountNotFound()
    this.sql = sql
    this.id = id
    this.now = now
    this.viewers = row.viewers === 0 ? undefined : new AccountViewers(sql, id)
    this.#account = row
    this.#startModSeq = row.mod_seq
    this.#startUsed = row.used_bytes
  }

  /** Whose `$seen` and subscriptions the ops mean; undefined: the owner's. */
  get viewer(): ActingViewer | undefined {
    return this.#viewer
  }

  /** @throws MailError notFound `account.notFound`: it is not shared with them */
  actAs(principal: PrincipalId): void {
    if (this.viewers === undefined) throw accountNotFound()
    this.#viewer = new ActingViewer(this, this.viewers, findViewer(this.sql, this.id, principal))
  }

  get modSeq(): ModSeq {
    return modSeq(this.#account.mod_seq)
  }

  /** Whether anything took a modseq. */
  get isChanged(): boolean {
    return this.#account.mod_seq !== this.#startModSeq
  }

  nextModSeq(): number {
    this.#account.mod_seq += 1
    return this.#account.mod_seq
  }

  /** RFC 3501 section 2.3.1.1: a mailbox made anew under an old name has a greater one. */
  nextUidValidity(): number {
    const seconds = Math.floor(this.now / 1000)
    this.#account.last_uid_validity = Math.max(this.#account.last_uid_validity + 1, seconds)
    return this.#account.last_uid_validity
  }

  /** Bytes more (or less) in use. */
  use(bytes: number): void {
    this.#account.used_bytes += bytes
  }

  /** Emails more (or less). */
  countEmails(change: 1 | -1): void {
    this.#account.used_emails += change
  }

  /** @throws MailError limit `quota.exceeded` when so much more would be over the quota */
  checkQuota(bytes: number, emails: 0 | 1): void {
    if (!this.hasRoom(bytes, emails)) throw quotaExceeded()
  }

  hasRoom(bytes: number, emails: 0 | 1): boolean {
    const { quota_bytes: maxBytes, used_bytes: usedBytes } = this.#account
    const { quota_emails: maxEmails, used_emails: usedEmails } = this.#account
    return fits(usedBytes, bytes, maxBytes) && fits(usedEmails, emails, maxEmails)
  }

  /** @throws MailError notFound `mailbox.notFound` */
  mailbox(id: number): MailboxRow {
    const known = this.#mailboxes.get(id)
    if (known !== undefined) return known
    const row = this.sql.get<MailboxRow>(
      `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ? AND id = ?`,
      this.id,
      id,
    )
    if (row === undefined) throw mailboxNotFound()
    this.#mailboxes.set(id, row)
    return row
  }

  /** While no mailbox of the account changes its role: deliveries change none. */
  mailboxWithRole(role: MailboxRole): MailboxRow | undefined {
    for (const row of this.#mailboxes.values()) if (row.role === role) return row
    const row = this.sql.get<{ id: number }>(
      'SELECT id FROM mailbox WHERE account_id = ? AND role = ?',
      this.id,
      role,
    )
    return row === undefined ? undefined : this.mailbox(row.id)
  }

  /** Keeps the row as this transaction's, for a mailbox that it has just made. */
  addMailbox(row: MailboxRow): void {
    this.#mailboxes.set(row.id, row)
  }

  forgetMailbox(row: MailboxRow): void {
    this.#mailboxes.delete(row.id)
    this.#dirty.delete(row)
    this.#counted.delete(row)
  }

  /** The row is to be written; `counts`: and its own modseq moves. */
  touch(row: MailboxRow, what: 'highestModSeq' | 'counts'): void {
    this.#dirty.add(row)
    if (what === 'counts') this.#counted.add(row)
  }

  /** Statements spent on the connection, and those that `finish` will run. */
  get spent(): number {
    return this.sql.spent + this.#threads.size + this.#dirty.size + (this.viewers?.waiting ?? 0)
  }

  touchThread(id: number): void {
    this.#threads.add(id)
  }

  forgetThread(id: number): void {
    this.#threads.delete(id)
  }

  bury(kind: keyof typeof tombstoneKind, id: number, at: number): void {
    this.sql.run(
      'INSERT INTO tombstone (account_id, kind, mod_seq, id, gone_at) VALUES (?, ?, ?, ?, ?)',
      this.id,
      tombstoneKind[kind],
      at,
      id,
      this.now,
    )
  }

  /** Writes what was held in memory. */
  finish(): void {
    this.viewers?.finish()
    for (const thread of this.#threads)
      this.sql.run(
        'UPDATE thread SET mod_seq = ? WHERE account_id = ? AND id = ?',
        this.nextModSeq(),
        this.id,
        thread,
      )
    for (const row of this.#counted) row.mod_seq = this.nextModSeq()
    for (const row of this.#dirty) this.#writeMailbox(row)
    // Emails come and go with a modseq; an upload does not.
    if (!this.isChanged && this.#account.used_bytes === this.#startUsed) return
    this.sql.run(
      'UPDATE account SET mod_seq = ?, used_bytes = ?, used_emails = ?, last_uid_validity = ? WHERE id = ?',
      this.#account.mod_seq,
      this.#account.used_bytes,
      this.#account.used_emails,
      this.#account.last_uid_validity,
      this.id,
    )
  }

  #writeMailbox(row: MailboxRow): void {
    this.sql.run(
      `UPDATE mailbox SET uid_next = ?, highest_mod_seq = ?, mod_seq = ?, total_emails = ?, unread_emails = ?, total_threads = ?,
         unread_threads = ?, deleted_emails = ?, total_bytes = ?, is_selectable = ? WHERE account_id = ? AND id = ?`,
      row.uid_next,
      row.highest_mod_seq,
      row.mod_seq,
      row.total_emails,
      row.unread_emails,
      row.total_threads,
      row.unread_threads,
      row.deleted_emails,
      row.total_bytes,
      row.is_selectable,
      this.id,
      row.id,
    )
  }
}

/** What is over the quota already may stay, and what takes nothing always fits. */
function fits(used: number, more: number, quota: number): boolean {
  return quota === 0 || more === 0 || used + more <= quota
}
