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

import { type Statement, type Statements, statements } from '../database/statement.ts'
import { tombstoneKind } from '../tombstone-kind.ts'
import type { Snapshot } from './snapshot.ts'

type Table = keyof typeof tombstoneKind

interface Row {
  /** The modseq that the change stands at in the account's history. */
  readonly at: number
  readonly id: number
  readonly what: 'created' | 'updated' | 'destroyed'
  /** Nothing but counts has changed. */
  readonly is_counts: boolean
}

/** `isCounts`: of a row that was updated. */
function changesOf(table: Table, isCounts: string): string {
  return `SELECT * FROM (
      (SELECT id AS at, id, 'created' AS what, false AS is_counts FROM ${table} WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3)
      UNION ALL
      (SELECT mod_seq, id, 'updated', ${isCounts} FROM ${table}
         WHERE account_id = $1 AND mod_seq > $2 AND id <= $2 ORDER BY mod_seq LIMIT $3)
      UNION ALL
      (SELECT mod_seq, id, 'destroyed', false FROM tombstone
         WHERE account_id = $1 AND kind = ${tombstoneKind[table]} AND mod_seq > $2 AND id <= $2 ORDER BY mod_seq LIMIT $3)
    ) AS changes ORDER BY at LIMIT $3`
}

export const changesReads: Statements<Table | 'knows' | 'memberships' | 'records'> = statements(
  'changes',
  {
    email: changesOf('email', 'false'),
    mailbox: changesOf('mailbox', 'properties_mod_seq <= $2'),
    thread: changesOf('thread', 'false'),
    knows: `SELECT id FROM mailbox WHERE account_id = $1 AND id = $2`,
    memberships: `SELECT * FROM (
      (SELECT mod_seq AS at, uid, false AS is_gone FROM membership
         WHERE account_id = $1 AND mailbox_id = $2 AND mod_seq > $4 ORDER BY mod_seq LIMIT $5)
      UNION ALL
      (SELECT mod_seq, uid, true FROM expunged
         WHERE account_id = $1 AND mailbox_id = $2 AND mod_seq > $4 AND created_mod_seq <= $3 ORDER BY mod_seq LIMIT $5)
    ) AS events ORDER BY at LIMIT $5`,
    records: `SELECT * FROM (
      (SELECT created_mod_seq AS at, id, 'created' AS what FROM record
         WHERE account_id = $1 AND type = $2 AND created_mod_seq > $3 ORDER BY created_mod_seq LIMIT $4)
      UNION ALL
      (SELECT mod_seq, id, 'updated' FROM record
         WHERE account_id = $1 AND type = $2 AND mod_seq > $3 AND created_mod_seq <= $3 ORDER BY mod_seq LIMIT $4)
      UNION ALL
      (SELECT created_mod_seq, id, 'created' FROM record_tombstone
         WHERE account_id = $1 AND type = $2 AND created_mod_seq > $3 ORDER BY created_mod_seq LIMIT $4)
      UNION ALL
      (SELECT mod_seq, id, 'destroyed' FROM record_tombstone
         WHERE account_id = $1 AND type = $2 AND mod_seq > $3 ORDER BY mod_seq LIMIT $4)
    ) AS events ORDER BY at LIMIT $4`,
  },
)

/** Of an account. */
export interface States {
  readonly current: number
  /** What happened before is forgotten. */
  readonly trimmed: number
}

/**
 * An id is the modseq of its creation. What was created since stands at its creation, what was updated at its last change, what was destroyed
 * at its end: cut after any row, the lists lead to a state from which the rest can be asked.
 */
export class PostgresChangesReader implements ChangesReader {
  readonly #snapshot: Snapshot
  readonly #states: States

  constructor(snapshot: Snapshot, states: States) {
    this.#snapshot = snapshot
    this.#states = states
  }

  async mailboxes(since: ModSeq, limit: number): Promise<MailboxChanges | CannotCalculateChanges> {
    const rows = await this.#changes(changesReads.mailbox, since, limit)
    if (rows === undefined) return CANNOT_CALCULATE_CHANGES
    const changes = this.#idsOf(rows, limit, mailboxId)
    const updated = rows.slice(0, most(limit)).filter(({ what }) => what === 'updated')
    const isCountsOnly = updated.length > 0 && updated.every((row) => row.is_counts)
    return { ...changes, isCountsOnly }
  }

  async emails(since: ModSeq, limit: number): Promise<EmailChanges | CannotCalculateChanges> {
    const rows = await this.#changes(changesReads.email, since, limit)
    return rows === undefined ? CANNOT_CALCULATE_CHANGES : this.#idsOf(rows, limit, emailId)
  }

  async threads(since: ModSeq, limit: number): Promise<ThreadChanges | CannotCalculateChanges> {
    const rows = await this.#changes(changesReads.thread, since, limit)
    return rows === undefined ? CANNOT_CALCULATE_CHANGES : this.#idsOf(rows, limit, threadId)
  }

  async records(
    type: string,
    since: ModSeq,
    limit: number,
  ): Promise<RecordChanges | CannotCalculateChanges> {
    checkRecordType(type)
    if (!this.#isKnown(since)) return CANNOT_CALCULATE_CHANGES
    const events = await this.#snapshot.rows<RecordEvent>(
      changesReads.records,
      type,
      since,
      most(limit) + 1,
    )
    return recordChanges(events, most(limit), modSeq(this.#states.current))
  }

  async memberships(
    mailbox: MailboxId,
    since: ModSeq,
    { from, limit }: MembershipChangesPage,
  ): Promise<MembershipChanges | CannotCalculateChanges> {
    if (!this.#isKnown(since) || !this.#isKnown(from)) return CANNOT_CALCULATE_CHANGES
    const key = keyOf('m', mailbox)
    const [known, rows] = await Promise.all([
      this.#snapshot.rows(changesReads.knows, key),
      this.#snapshot.rows<{ at: number; uid: number; is_gone: boolean }>(
        changesReads.memberships,
        key,
        since,
        from,
        eventsOfPage(limit),
      ),
    ])
    if (known.length === 0) return CANNOT_CALCULATE_CHANGES
    return membershipChanges(
      rows.map(({ at, uid, is_gone: isGone }) => ({ at, uid, isGone })),
      limit,
    )
  }

  #isKnown(since: number): boolean {
    const { current, trimmed } = this.#states
    return Number.isSafeInteger(since) && since >= trimmed && since >= 0 && since <= current
  }

  /** One more than the limit when there are more. */
  async #changes(statement: Statement, since: number, limit: number): Promise<Row[] | undefined> {
    if (!this.#isKnown(since)) return undefined
    return this.#snapshot.rows<Row>(statement, since, most(limit) + 1)
  }

  #idsOf<Id>(rows: readonly Row[], limit: number, idOf: (key: number) => Id): IdChanges<Id> {
    const listed = rows.slice(0, most(limit))
    const hasMore = rows.length > listed.length
    const idsOf = (wanted: Row['what']): Id[] =>
      listed.flatMap(({ what, id }) => (what === wanted ? [idOf(id)] : []))
    return {
      created: idsOf('created'),
      updated: idsOf('updated'),
      destroyed: idsOf('destroyed'),
      newState: modSeq(hasMore ? (listed.at(-1)?.at ?? 0) : this.#states.current),
      hasMore,
    }
  }
}

function most(limit: number): number {
  return Math.max(1, Math.floor(limit))
}
