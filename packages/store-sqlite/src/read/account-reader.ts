import type { MailReader, ModSeq } from '@gatepost/core'

import { accountNotFound } from '../errors.ts'
import { modSeq } from '../ids.ts'
import type { Sql } from '../sql.ts'
import { SqliteBlobReader } from './blob-reader.ts'
import { SqliteChangesReader } from './changes-reader.ts'
import { SqliteEmailReader } from './email-reader.ts'
import type { KeywordCache } from './keyword-cache.ts'
import { SqliteKeywordReader } from './keyword-reader.ts'
import { SqliteMailboxReader } from './mailbox-reader.ts'
import { SqliteMembershipReader } from './membership-reader.ts'

/** One account inside an open read transaction. */
export class AccountReader implements MailReader {
  readonly state: ModSeq
  readonly mailboxes: SqliteMailboxReader
  readonly memberships: SqliteMembershipReader
  readonly keywords: SqliteKeywordReader
  readonly emails: SqliteEmailReader
  readonly blobs: SqliteBlobReader
  readonly changes: SqliteChangesReader

  /** @throws MailError notFound `account.notFound` */
  constructor(sql: Sql, account: number, keywords: KeywordCache) {
    const row = sql.get<{ mod_seq: number; trimmed_mod_seq: number }>(
      'SELECT mod_seq, trimmed_mod_seq FROM account WHERE id = ?',
      account,
    )
    if (row === undefined) throw accountNotFound()
    this.state = modSeq(row.mod_seq)
    this.mailboxes = new SqliteMailboxReader(sql, account)
    this.memberships = new SqliteMembershipReader(sql, account, keywords)
    this.keywords = new SqliteKeywordReader(sql, account)
    this.emails = new SqliteEmailReader(sql, account, keywords)
    this.blobs = new SqliteBlobReader(sql, account)
    this.changes = new SqliteChangesReader(sql, account, {
      current: row.mod_seq,
      trimmed: row.trimmed_mod_seq,
    })
  }
}
