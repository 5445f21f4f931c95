import type { MailReader, ModSeq } from '@gatepost/core'
import { accountNotFound, type KeywordCache, modSeq } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import { PostgresBlobReader } from './blob-reader.ts'
import { PostgresChangesReader, type States } from './changes-reader.ts'
import { PostgresEmailReader } from './email-reader.ts'
import { PostgresKeywordReader } from './keyword-reader.ts'
import { PostgresMailboxReader } from './mailbox-reader.ts'
import { PostgresMembershipReader } from './membership-reader.ts'
import { PostgresRecordReader } from './record-reader.ts'
import type { Snapshot } from './snapshot.ts'

export const accountReads: Statements<'states'> = statements('account', {
  states: `SELECT mod_seq AS current, trimmed_mod_seq AS trimmed FROM account WHERE id = $1`,
})

/** One account in a snapshot. */
export class AccountReader implements MailReader {
  readonly state: ModSeq
  readonly mailboxes: PostgresMailboxReader
  readonly memberships: PostgresMembershipReader
  readonly keywords: PostgresKeywordReader
  readonly emails: PostgresEmailReader
  readonly blobs: PostgresBlobReader
  readonly records: PostgresRecordReader
  readonly changes: PostgresChangesReader

  private constructor(snapshot: Snapshot, states: States, keywords: KeywordCache) {
    this.state = modSeq(states.current)
    this.mailboxes = new PostgresMailboxReader(snapshot)
    this.memberships = new PostgresMembershipReader(snapshot, keywords)
    this.keywords = new PostgresKeywordReader(snapshot)
    this.emails = new PostgresEmailReader(snapshot, keywords)
    this.blobs = new PostgresBlobReader(snapshot)
    this.records = new PostgresRecordReader(snapshot)
    this.changes = new PostgresChangesReader(snapshot, states)
  }

  /** @throws MailError notFound `account.notFound` */
  static async of(snapshot: Snapshot, keywords: KeywordCache): Promise<AccountReader> {
    const [states] = await snapshot.rows<States>(accountReads.states)
    if (states === undefined) throw accountNotFound()
    return new AccountReader(snapshot, states, keywords)
  }
}
