import type { ModSeq } from '@gatepost/core'
import { mailboxNotFound, modSeq, quotaExceeded } from '@gatepost/store-model'

import type { Connection } from '../database/connection.ts'
import type { MailboxRow } from '../mailbox-row.ts'
import { tombstoneKind } from '../tombstone-kind.ts'
import type { Content } from './content.ts'
import { Memberships } from './memberships.ts'
import { recordKey } from './ops/records.ts'
import { RowSet } from './row-set.ts'
import type {
  AccountBlobRow,
  AccountRow,
  EmailRow,
  MailboxThreadRow,
  RecordRow,
  ThreadRow,
} from './rows.ts'
import { AccountViewers } from './viewers/account-viewers.ts'
import type { ActingViewer } from './viewers/acting-viewer.ts'

export interface Tombstone {
  readonly kind: number
  readonly mod_seq: number
  readonly id: number
}

export interface Expunged {
  readonly mailbox_id: number
  readonly mod_seq: number
  readonly uid: number
  readonly created_mod_seq: number
}

export interface RecordTombstone {
  readonly mod_seq: number
  readonly type: string
  readonly id: string
  readonly created_mod_seq: number
}

export interface KeywordRow {
  readonly id: number
  readonly name: string
  readonly spelling: string
}

/** What is only ever added, until it is written. */
export interface Additions {
  tombstones: Tombstone[]
  recordTombstones: RecordTombstone[]
  expunged: Expunged[]
  keywords: KeywordRow[]
  threadKeys: (readonly [key: Uint8Array, thread: number])[]
}

/**
 * One account inside one transaction, its row locked: the rows that ops need are loaded in sets, changed in memory, and written in sets (`flush`).
 * Dropped as it is when the transaction is undone.
 */
export class AccountTx {
  readonly connection: Connection
  readonly content: Content
  readonly account: AccountRow
  readonly now: number
  /** Undefined: it has none, and nothing is to be done for any. */
  readonly viewers: AccountViewers | undefined
  /** Whose `$seen` and subscriptions the ops mean; undefined: the owner's. */
  viewer: ActingViewer | undefined
  readonly mailboxes: RowSet<MailboxRow> = new RowSet(({ id }) => id)
  readonly emails: RowSet<EmailRow> = new RowSet(({ id }) => id)
  readonly memberships: Memberships = new Memberships()
  readonly threads: RowSet<ThreadRow> = new RowSet(({ id }) => id)
  readonly mailboxThreads: RowSet<MailboxThreadRow> = new RowSet(
    ({ thread_id: thread, mailbox_id: mailbox }) => `${thread}/${mailbox}`,
  )
  readonly records: RowSet<RecordRow> = new RowSet(({ type, id }) => recordKey(type, id))
  readonly accountBlobs: RowSet<AccountBlobRow> = new RowSet(({ blob_id: blob }) => blob)
  /** What hashes name in this account; undefined: nothing. */
  readonly blobIds: Map<string, number | undefined> = new Map()
  /** By key in hex; undefined: no thread has it. */
  readonly threadKeys: Map<string, number | undefined> = new Map()
  /** Names of keywords whose spelling is kept; undefined: not looked for yet. */
  keywordNames: Set<string> | undefined
  hasAllMailboxes = false
  additions: Additions = noAdditions()
  readonly #startModSeq: number
  readonly #startUsed: number
  readonly #recordIds = new Map<string, Set<string>>()
  readonly #countedMailboxes = new Set<MailboxRow>()
  readonly #touchedThreads = new Set<ThreadRow>()

  constructor({ connection, content, now }: TransactionParts, account: AccountRow) {
    this.connection = connection
    this.content = content
    this.now = now
    this.account = account
    this.viewers = account.viewers === 0 ? undefined : new AccountViewers()
    this.#startModSeq = account.mod_seq
    this.#startUsed = account.used_bytes
  }

  get id(): number {
    return this.account.id
  }

  get modSeq(): ModSeq {
    return modSeq(this.account.mod_seq)
  }

  /** Whether the account's row is to be written: emails come and go with a modseq, an upload does not. */
  get isChanged(): boolean {
    return this.account.mod_seq !== this.#startModSeq || this.account.used_bytes !== this.#startUsed
  }

  nextModSeq(): number {
    this.account.mod_seq += 1
    return this.account.mod_seq
  }

  /** RFC 3501 section 2.3.1.1: a mailbox made anew under an old name has a greater one. */
  nextUidValidity(): number {
    const seconds = Math.floor(this.now / 1000)
    this.account.last_uid_validity = Math.max(this.account.last_uid_validity + 1, seconds)
    return this.account.last_uid_validity
  }

  /** Bytes more (or less) in use. */
  use(bytes: number): void {
    this.account.used_bytes += bytes
  }

  /** Emails more (or less). */
  countEmails(change: 1 | -1): void {
    this.account.used_emails += change
  }

  /** @throws MailError limit `quota.exceeded` when so much more would be over the quota */
  checkQuota(bytes: number, emails: 0 | 1): void {
    if (!this.hasRoom(bytes, emails)) throw quotaExceeded()
  }

  hasRoom(bytes: number, emails: 0 | 1): boolean {
    const { quota_bytes: maxBytes, used_bytes: usedBytes } = this.account
    const { quota_emails: maxEmails, used_emails: usedEmails } = this.account
    return fits(usedBytes, bytes, maxBytes) && fits(usedEmails, emails, maxEmails)
  }

  /** One that has been loaded. @throws MailError notFound `mailbox.notFound` */
  mailbox(id: number): MailboxRow {
    const row = this.mailboxes.get(id)
    if (row === undefined) throw mailboxNotFound()
    return row
  }

  /** The row is to be written; `counts`: and its own modseq moves. */
  touch(row: MailboxRow, what: 'highestModSeq' | 'counts'): void {
    this.mailboxes.touch(row)
    if (what === 'counts') this.#countedMailboxes.add(row)
  }

  removeMailbox(row: MailboxRow): void {
    this.mailboxes.delete(row)
    this.#countedMailboxes.delete(row)
    this.viewers?.forgetMailbox(row.id)
    this.viewer?.subscriptions.delete(row.id)
  }

  /** The row is to be written, with a modseq of its own. */
  touchThread(row: ThreadRow): void {
    this.#touchedThreads.add(row)
  }

  removeThread(row: ThreadRow): void {
    this.threads.delete(row)
    this.#touchedThreads.delete(row)
  }

  bury(kind: keyof typeof tombstoneKind, id: number, at: number): void {
    this.additions.tombstones.push({ kind: tombstoneKind[kind], mod_seq: at, id })
  }

  hasRecordIds(type: string): boolean {
    return this.#recordIds.has(type)
  }

  keepRecordIds(type: string, ids: readonly string[]): void {
    this.#recordIds.set(type, new Set(ids))
  }

  /** Of the records of a type that has been loaded, as they are at this point of the transaction. */
  recordIds(type: string): Set<string> {
    const ids = this.#recordIds.get(type)
    if (ids === undefined) throw new Error(`records of the type ${type} are not loaded`)
    return ids
  }

  takeAdditions(): Additions {
    const { additions } = this
    this.additions = noAdditions()
    return additions
  }

  /** Gives threads that have changed their modseqs: before they are written. */
  settleThreads(): void {
    for (const row of this.#touchedThreads) {
      row.mod_seq = this.nextModSeq()
      this.threads.touch(row)
    }
    this.#touchedThreads.clear()
  }

  /** Gives mailboxes whose counts have changed their modseqs: at the end of the transaction. */
  settleMailboxes(): void {
    for (const row of this.#countedMailboxes) {
      row.mod_seq = this.nextModSeq()
      this.mailboxes.touch(row)
    }
  }
}

export interface TransactionParts {
  readonly connection: Connection
  readonly content: Content
  readonly now: number
}

function noAdditions(): Additions {
  return { tombstones: [], recordTombstones: [], expunged: [], keywords: [], threadKeys: [] }
}

/** What is over the quota already may stay, and what takes nothing always fits. */
function fits(used: number, more: number, quota: number): boolean {
  return quota === 0 || more === 0 || used + more <= quota
}
