import type { MailboxId, Membership, MembershipReader, Uid } from '@gatepost/core'

import { blobId, emailId, keyOf, modSeq, threadId, uid } from '../ids.ts'
import type { Sql } from '../sql.ts'
import type { KeywordCache } from './keyword-cache.ts'

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

const select = `SELECT m.uid, m.email_id, m.mod_seq, m.is_deleted, e.keywords, e.size, e.received_at, e.hash, e.thread_id, e.zone_minutes, e.copy_of
  FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id`

export class SqliteMembershipReader implements MembershipReader {
  readonly #sql: Sql
  readonly #account: number
  readonly #keywords: KeywordCache

  constructor(sql: Sql, account: number, keywords: KeywordCache) {
    this.#sql = sql
    this.#account = account
    this.#keywords = keywords
  }

  uids(mailbox: MailboxId, afterUid: Uid | 0 = 0, limit: number = -1): Uid[] {
    return this.#sql
      .rows<readonly [number]>(
        'SELECT uid FROM membership WHERE account_id = ? AND mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?',
        this.#account,
        keyOf('m', mailbox),
        afterUid,
        limit,
      )
      .map(([value]) => uid(value))
  }

  get(mailbox: MailboxId, uids: readonly Uid[]): readonly Membership[] {
    return this.#sql
      .rows<Row>(
        `${select} WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid IN (SELECT value FROM json_each(?)) ORDER BY m.uid`,
        this.#account,
        keyOf('m', mailbox),
        JSON.stringify(uids.slice(0, maxRows)),
      )
      .map((row) => this.#membershipOf(row))
  }

  page(mailbox: MailboxId, afterUid: Uid | 0, limit: number): readonly Membership[] {
    return this.#sql
      .rows<Row>(
        `${select} WHERE m.account_id = ? AND m.mailbox_id = ? AND m.uid > ? ORDER BY m.uid LIMIT ?`,
        this.#account,
        keyOf('m', mailbox),
        afterUid,
        Math.max(0, Math.min(limit, maxRows)),
      )
      .map((row) => this.#membershipOf(row))
  }

  #membershipOf(row: Row): Membership {
    return {
      uid: uid(row[0]),
      emailId: emailId(row[1]),
      modSeq: modSeq(row[2]),
      isDeleted: row[3] === 1,
      keywords: this.#keywords.unpack(row[4]),
      size: row[5],
      receivedAt: row[6],
      blobId: blobId(row[7]),
      threadId: threadId(row[8]),
      zoneMinutes: row[9],
      originalId: emailId(row[10] === 0 ? row[1] : row[10]),
    }
  }
}
