import type { MailReader, MailView, ModSeq } from '@gatepost/core'
import { type KeywordCache, accountNotFound, modSeq } from '@gatepost/store-model'

import { SqliteBlobReader } from './blob-reader.ts'
import { SqliteChangesReader } from './changes-reader.ts'
import type { ContentClient } from './content/content-client.ts'
import { SqliteEmailReader } from './email-reader.ts'
import { SqliteKeywordReader } from './keyword-reader.ts'
import { SqliteMailboxReader } from './mailbox-reader.ts'
import { SqliteMembershipReader } from './membership-reader.ts'
import { SqliteRecordReader } from './record-reader.ts'
import type { Snapshot } from './snapshot.ts'
import { ViewerReader } from './viewer-reader.ts'

/** What the readers of all accounts share. */
export interface ReaderParts {
  readonly keywords: KeywordCache
  readonly content: ContentClient
}

/** One account in a snapshot. */
export class AccountReader implements MailReader {
  readonly state: ModSeq
  readonly mailboxes: SqliteMailboxReader
  readonly memberships: SqliteMembershipReader
  readonly keywords: SqliteKeywordReader
  readonly emails: SqliteEmailReader
  readonly blobs: SqliteBlobReader
  readonly records: SqliteRecordReader
  readonly changes: SqliteChangesReader

  /** @throws MailError notFound `account.notFound` */
  constructor(
    snapshot: Snapshot,
    { account, viewer }: MailView & { readonly account: number },
    { keywords, content }: ReaderParts,
  ) {
    const row = snapshot.sql.get<{ mod_seq: number; trimmed_mod_seq: number }>(
      'SELECT mod_seq, trimmed_mod_seq FROM account WHERE id = ?',
      account,
    )
    if (row === undefined) throw accountNotFound()
    const view = viewer === undefined ? undefined : new ViewerReader(snapshot, account, viewer)
    this.state = modSeq(row.mod_seq)
    this.mailboxes = new SqliteMailboxReader(snapshot, account, view)
    this.memberships = new SqliteMembershipReader(snapshot, account, { keywords, view })
    this.keywords = new SqliteKeywordReader(snapshot, account)
    this.emails = new SqliteEmailReader(snapshot, account, { keywords, content, view })
    this.blobs = new SqliteBlobReader(snapshot, account, content)
    this.records = new SqliteRecordReader(snapshot, account)
    this.changes = new SqliteChangesReader(snapshot, account, {
      current: row.mod_seq,
      trimmed: row.trimmed_mod_seq,
    })
  }
}
