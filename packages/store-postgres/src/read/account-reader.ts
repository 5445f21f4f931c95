import type { MailReader, ModSeq, PrincipalId } from '@gatepost/core'
import { accountNotFound, keyOf, type KeywordCache, modSeq } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import { PostgresBlobReader } from './blob-reader.ts'
import { PostgresChangesReader, type States } from './changes-reader.ts'
import { PostgresEmailReader } from './email-reader.ts'
import { PostgresKeywordReader } from './keyword-reader.ts'
import { PostgresMailboxReader } from './mailbox-reader.ts'
import { PostgresMembershipReader } from './membership-reader.ts'
import { PostgresRecordReader } from './record-reader.ts'
import type { Snapshot } from './snapshot.ts'

export const accountReads: Statements<'states' | 'statesAs'> = statements('account', {
  states: `SELECT mod_seq AS current, trimmed_mod_seq AS trimmed FROM account WHERE id = $1`,
  statesAs: `SELECT a.mod_seq AS current, a.trimmed_mod_seq AS trimmed, v.id AS viewer
      FROM account a JOIN viewer v ON v.account_id = a.id AND v.principal_id = $2 WHERE a.id = $1`,
})

interface ViewedStates extends States {
  /** Undefined: the owner. */
  readonly viewer?: number
}

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

  private constructor(
    snapshot: Snapshot,
    { viewer, ...states }: ViewedStates,
    keywords: KeywordCache,
  ) {
    this.state = modSeq(states.current)
    this.mailboxes = new PostgresMailboxReader(snapshot, viewer)
    this.memberships = new PostgresMembershipReader(snapshot, { keywords, viewer })
    this.keywords = new PostgresKeywordReader(snapshot)
    this.emails = new PostgresEmailReader(snapshot, { keywords, viewer })
    this.blobs = new PostgresBlobReader(snapshot)
    this.records = new PostgresRecordReader(snapshot)
    this.changes = new PostgresChangesReader(snapshot, states)
  }

  /** @throws MailError notFound `account.notFound` */
  static async of(
    snapshot: Snapshot,
    keywords: KeywordCache,
    viewer: PrincipalId | undefined,
  ): Promise<AccountReader> {
    const [states] =
      viewer === undefined
        ? await snapshot.rows<ViewedStates>(accountReads.states)
        : await snapshot.rows<ViewedStates>(accountReads.statesAs, keyOf('p', viewer))
    if (states === undefined) throw accountNotFound()
    return new AccountReader(snapshot, states, keywords)
  }
}
