import type { Email, EmailId, EmailReader, ThreadId } from '@gatepost/core'
import { indexMessage, type MimeIndex } from '@gatepost/mime'

import { blobId, emailId, keyOf, mailboxId, modSeq, threadId } from '../ids.ts'
import type { Sql } from '../sql.ts'
import { readBlob } from '../writer/blobs.ts'
import type { KeywordCache } from './keyword-cache.ts'

interface Row {
  readonly id: number
  readonly mod_seq: number
  readonly hash: string
  readonly thread_id: number
  readonly size: number
  readonly received_at: number
  readonly keywords: string
}

const indexVersion: MimeIndex['version'] = 2

export class SqliteEmailReader implements EmailReader {
  readonly #sql: Sql
  readonly #account: number
  readonly #keywords: KeywordCache

  constructor(sql: Sql, account: number, keywords: KeywordCache) {
    this.#sql = sql
    this.#account = account
    this.#keywords = keywords
  }

  get(ids: readonly EmailId[]): readonly Email[] {
    return ids.flatMap((id) => {
      const row = this.#sql.get<Row>(
        'SELECT id, mod_seq, hash, thread_id, size, received_at, keywords FROM email WHERE account_id = ? AND id = ?',
        this.#account,
        keyOf('e', id),
      )
      return row === undefined ? [] : [this.#emailOf(row)]
    })
  }

  index(id: EmailId): MimeIndex | undefined {
    const row = this.#sql.get<{ blob_id: number; size: number; version: number; mime: string }>(
      `SELECT e.blob_id, e.size, i.version, i.mime FROM email e JOIN blob_index i ON i.blob_id = e.blob_id
         WHERE e.account_id = ? AND e.id = ?`,
      this.#account,
      keyOf('e', id),
    )
    if (row === undefined) return undefined
    // Of an older shape: made anew.
    if (row.version !== indexVersion)
      return indexMessage(readBlob(this.#sql, row.blob_id, row.size))
    return JSON.parse(row.mime) as MimeIndex
  }

  thread(id: ThreadId): readonly EmailId[] {
    return this.#sql
      .all<{ id: number }>(
        'SELECT id FROM email INDEXED BY email_thread WHERE account_id = ? AND thread_id = ? ORDER BY received_at, id',
        this.#account,
        keyOf('t', id),
      )
      .map((row) => emailId(row.id))
  }

  #emailOf(row: Row): Email {
    const mailboxes = this.#sql.all<{ mailbox_id: number }>(
      'SELECT mailbox_id FROM membership INDEXED BY membership_email WHERE account_id = ? AND email_id = ? ORDER BY mailbox_id',
      this.#account,
      row.id,
    )
    return {
      id: emailId(row.id),
      blobId: blobId(row.hash),
      threadId: threadId(row.thread_id),
      size: row.size,
      receivedAt: row.received_at,
      keywords: this.#keywords.unpack(row.keywords),
      mailboxIds: mailboxes.map((one) => mailboxId(one.mailbox_id)),
      modSeq: modSeq(row.mod_seq),
    }
  }
}
