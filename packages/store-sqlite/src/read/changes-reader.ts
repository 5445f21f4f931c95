import {
  CANNOT_CALCULATE_CHANGES,
  type CannotCalculateChanges,
  type ChangesReader,
  type EmailChanges,
  type IdChanges,
  type MailboxChanges,
  type MailboxId,
  type MembershipChanges,
  type MembershipChangesPage,
  type ModSeq,
  type RecordChanges,
  type ThreadChanges,
} from '@gatepost/core'
import {
  checkRecordType,
  emailId,
  eventsOfPage,
  keyOf,
  mailboxId,
  membershipChanges,
  modSeq,
  recordChanges,
  type RecordEvent,
  threadId,
} from '@gatepost/store-model'

import { tombstoneKind } from '../writer/account-tx.ts'
import type { Snapshot } from './snapshot.ts'

type Table = keyof typeof tombstoneKind
/** `at`: the modseq that the change stands at in the account's history. */
type Row = readonly [at: number, id: number, what: 'created' | 'updated' | 'destroyed']

/**
 * An id is the modseq of its creation. What was created since stands at its creation, what was updated at its last change, what was destroyed
 * at its end: cut after any row, the lists lead to a state from which the rest can be asked.
 */
export class SqliteChangesReader implements ChangesReader {
  readonly #snapshot: Snapshot
  readonly #account: number
  readonly #states: { readonly current: number; readonly trimmed: number }

  constructor(
    snapshot: Snapshot,
    account: number,
    states: { readonly current: number; readonly trimmed: number },
  ) {
    this.#snapshot = snapshot
    this.#account = account
    this.#states = states
  }

  async mailboxes(since: ModSeq, limit: number): Promise<MailboxChanges | CannotCalculateChanges> {
    if (!this.#isKnown(since)) return CANNOT_CALCULATE_CHANGES
    const changes = this.#changes('mailbox', since, limit)
    const other = changes.updated.some((id) => this.#hasOtherProperties(id, since))
    const isCountsOnly = changes.updated.length > 0 && !other
    return { ...mapIds(changes, mailboxId), isCountsOnly }
  }

  async emails(since: ModSeq, limit: number): Promise<EmailChanges | CannotCalculateChanges> {
    if (!this.#isKnown(since)) return CANNOT_CALCULATE_CHANGES
    return mapIds(this.#changes('email', since, limit), emailId)
  }

  async threads(since: ModSeq, limit: number): Promise<ThreadChanges | CannotCalculateChanges> {
    if (!this.#isKnown(since)) return CANNOT_CALCULATE_CHANGES
    return mapIds(this.#changes('thread', since, limit), threadId)
  }

  async records(
    type: string,
    since: ModSeq,
    limit: number,
  ): Promise<RecordChanges | CannotCalculateChanges> {
    checkRecordType(type)
    if (!this.#isKnown(since)) return CANNOT_CALCULATE_CHANGES
    const most = atLeastOne(limit)
    const events = this.#snapshot.sql.all<RecordEvent>(
      `SELECT * FROM (SELECT created_mod_seq AS at, id, 'created' AS what FROM record
         WHERE account_id = ?1 AND type = ?2 AND created_mod_seq > ?3 ORDER BY created_mod_seq LIMIT ?4)
       UNION ALL
       SELECT * FROM (SELECT mod_seq, id, 'updated' FROM record INDEXED BY record_changed
         WHERE account_id = ?1 AND type = ?2 AND mod_seq > ?3 AND created_mod_seq <= ?3 ORDER BY mod_seq LIMIT ?4)
       UNION ALL
       SELECT * FROM (SELECT created_mod_seq, id, 'created' FROM record_tombstone
         WHERE account_id = ?1 AND type = ?2 AND created_mod_seq > ?3 ORDER BY created_mod_seq LIMIT ?4)
       UNION ALL
       SELECT * FROM (SELECT mod_seq, id, 'destroyed' FROM record_tombstone
         WHERE account_id = ?1 AND type = ?2 AND mod_seq > ?3 ORDER BY mod_seq LIMIT ?4)
       ORDER BY 1 LIMIT ?4`,
      this.#account,
      type,
      since,
      most + 1,
    )
    return recordChanges(events, most, modSeq(this.#states.current))
  }

  async memberships(
    mailbox: MailboxId,
    since: ModSeq,
    { from, limit }: MembershipChangesPage,
  ): Promise<MembershipChanges | CannotCalculateChanges> {
    const key = keyOf('m', mailbox)
    const exists = this.#snapshot.sql.get(
      'SELECT 1 FROM mailbox WHERE account_id = ? AND id = ?',
      this.#account,
      key,
    )
    if (exists === undefined || !this.#isKnown(since) || !this.#isKnown(from))
      return CANNOT_CALCULATE_CHANGES
    const rows = this.#snapshot.sql.rows<readonly [at: number, uid: number, isGone: number]>(
      `SELECT * FROM (SELECT mod_seq AS at, uid, 0 FROM membership INDEXED BY membership_changed
         WHERE account_id = ?1 AND mailbox_id = ?2 AND mod_seq > ?4 ORDER BY mod_seq LIMIT ?5)
       UNION ALL
       SELECT * FROM (SELECT mod_seq, uid, 1 FROM expunged
         WHERE account_id = ?1 AND mailbox_id = ?2 AND mod_seq > ?4 AND created_mod_seq <= ?3 ORDER BY mod_seq LIMIT ?5)
       ORDER BY 1 LIMIT ?5`,
      this.#account,
      key,
      since,
      from,
      eventsOfPage(limit),
    )
    return membershipChanges(
      rows.map(([at, uid, isGone]) => ({ at, uid, isGone: isGone === 1 })),
      limit,
    )
  }

  #isKnown(since: number): boolean {
    const { current, trimmed } = this.#states
    return Number.isSafeInteger(since) && since >= trimmed && since >= 0 && since <= current
  }

  #hasOtherProperties(mailbox: number, since: number): boolean {
    const row = this.#snapshot.sql.get(
      'SELECT 1 FROM mailbox WHERE account_id = ? AND id = ? AND properties_mod_seq > ?',
      this.#account,
      mailbox,
      since,
    )
    return row !== undefined
  }

  #changes(table: Table, since: number, limit: number): IdChanges<number> {
    const most = atLeastOne(limit)
    const rows = this.#snapshot.sql.rows<Row>(
      `SELECT * FROM (SELECT id AS at, id, 'created' FROM ${table} WHERE account_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3)
       UNION ALL
       SELECT * FROM (SELECT mod_seq, id, 'updated' FROM ${table} WHERE account_id = ?1 AND mod_seq > ?2 AND id <= ?2 ORDER BY mod_seq LIMIT ?3)
       UNION ALL
       SELECT * FROM (SELECT mod_seq, id, 'destroyed' FROM tombstone
         WHERE account_id = ?1 AND kind = ?4 AND mod_seq > ?2 AND id <= ?2 ORDER BY mod_seq LIMIT ?3)
       ORDER BY 1 LIMIT ?3`,
      this.#account,
      since,
      most + 1,
      tombstoneKind[table],
    )
    const hasMore = rows.length > most
    const listed = hasMore ? rows.slice(0, most) : rows
    const idsOf = (what: Row[2]): number[] =>
      listed.filter((row) => row[2] === what).map((row) => row[1])
    return {
      created: idsOf('created'),
      updated: idsOf('updated'),
      destroyed: idsOf('destroyed'),
      newState: modSeq(hasMore ? (listed.at(-1)?.[0] ?? since) : this.#states.current),
      hasMore,
    }
  }
}

function atLeastOne(limit: number): number {
  return Math.max(1, Math.floor(limit))
}

function mapIds<Id>(changes: IdChanges<number>, idOf: (key: number) => Id): IdChanges<Id> {
  return {
    ...changes,
    created: changes.created.map(idOf),
    updated: changes.updated.map(idOf),
    destroyed: changes.destroyed.map(idOf),
  }
}
