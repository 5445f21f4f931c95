import type { MailboxId, Membership, MembershipReader, Uid } from '@gatepost/core'
import {
  type KeywordCache,
  blobId,
  emailId,
  keyOf,
  modSeq,
  threadId,
  uid,
} from '@gatepost/store-model'

import type { Snapshot } from './snapshot.ts'
import type { ViewerReader } from './viewer-reader.ts'

type Row = readonly [
  uid: number,
  email: number,
  modSeq: number,
  isDeleted: number,
  keywords: string,
  size: number,
  receivedAt: number,
  hash: string,
  thread: number,
  zoneMinutes: number,
  copyOf: number,
]

/** As many as the port allows at once. */
const maxRows = 1_000
const maxUids = 10_000

/** What a membership is made of, and where from. */
export const membershipRow = `m.uid, m.email_id, m.mod_seq, m.is_deleted, e.keywords, e.size, e.received_at, e.hash, e.thread_id, e.zone_minutes, e.copy_of
  FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id`

export class SqliteMembershipReader implements MembershipReader {
  readonly #snapshot: Snapshot
  readonly #account: number
  readonly #keywords: KeywordCache
  readonly #view: ViewerReader | undefined

  /** `view`: undefined, the owner's. */
  constructor(
    snapshot: Snapshot,
    account: number,
    {
      keywords,
      view,
    }: { readonly keywords: KeywordCache; readonly view: ViewerReader | undefined },
  ) {
    this.#view = view
    this.#snapshot = snapshot
    this.#account = account
    this.#keywords = keywords
  }

  async uids(mailbox: MailboxId, afterUid: Uid | 0, limit: number): Promise<Uid[]> {
    return this.#snapshot.sql
      .rows<readonly [number]>(
        'SELECT uid FROM membership WHERE account_id = ? AND mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?',
        this.#account,
        keyOf('m', mailbox),
        afterUid,
        Math.max(0, Math.min(limit, maxUids)),
      )
      .map(([value]) => uid(value))
  }

  async get(mailbox: MailboxId, uids: readonly Uid[]): Promise<readonly Membership[]> {
    const rows = this.#snapshot.sql.rows<Row>(
      `SELECT ${membershipRow} WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid IN (SELECT value FROM json_each(?)) ORDER BY m.uid`,
      this.#account,
      keyOf('m', mailbox),
      JSON.stringify(uids.slice(0, maxRows)),
    )
    return this.#membershipsOf(rows)
  }

  async page(mailbox: MailboxId, afterUid: Uid | 0, limit: number): Promise<readonly Membership[]> {
    const rows = this.#snapshot.sql.rows<Row>(
      `SELECT ${membershipRow} WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid > ? ORDER BY m.uid LIMIT ?`,
      this.#account,
      keyOf('m', mailbox),
      afterUid,
      Math.max(0, Math.min(limit, maxRows)),
    )
    return this.#membershipsOf(rows)
  }

  #membershipsOf(rows: readonly Row[]): readonly Membership[] {
    if (this.#view === undefined) return rows.map((row) => this.#membershipOf(row, row[4]))
    const keywordsOf = this.#view.keywordsOf(rows.map((row) => row[1]))
    return rows.map((row) => this.#membershipOf(row, keywordsOf(row[1], row[4])))
  }

  #membershipOf(row: Row, keywords: string): Membership {
    return {
      uid: uid(row[0]),
      emailId: emailId(row[1]),
      modSeq: modSeq(row[2]),
      isDeleted: row[3] === 1,
      keywords: this.#keywords.unpack(keywords),
      size: row[5],
      receivedAt: row[6],
      blobId: blobId(row[7]),
      threadId: threadId(row[8]),
      zoneMinutes: row[9],
      originalId: emailId(row[10] === 0 ? row[1] : row[10]),
    }
  }
}
