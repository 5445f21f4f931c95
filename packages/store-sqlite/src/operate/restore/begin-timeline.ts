import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { inTransaction } from '../../in-transaction.ts'

/** No account has had so many changes for each millisecond since the last restore. */
const changesPerMs = 16

/** What clients may have been given since the backup was made. */
export interface GivenSince {
  readonly modSeq: number
  readonly uidValidity: number
}

/**
 * What happened after the backup is undone, but clients have seen it. They are told to look again: states that they know cannot be continued
 * (RFC 8620 section 5.2), UIDs that they know are void (RFC 3501 section 2.3.1.1), and no id or modseq is given a second time. What was derived from
 * the database belongs to another one.
 */
export function beginTimeline(db: DatabaseSync, given: GivenSince): void {
  inTransaction(db, () => {
    db.prepare('UPDATE account SET mod_seq = max(mod_seq, ?)').run(given.modSeq)
    db.exec('UPDATE account SET trimmed_mod_seq = mod_seq')
    db.exec('DELETE FROM tombstone')
    db.exec('DELETE FROM expunged')
    db.exec('DELETE FROM record_tombstone')
    db.prepare(
      `UPDATE mailbox SET uid_validity = max(?, a.last_uid_validity) + n.number
         FROM account a, (SELECT account_id, id, row_number() OVER (PARTITION BY account_id ORDER BY id) AS number FROM mailbox) n
         WHERE a.id = mailbox.account_id AND n.account_id = mailbox.account_id AND n.id = mailbox.id`,
    ).run(given.uidValidity)
    db.exec(
      `UPDATE account SET last_uid_validity =
         max(last_uid_validity, coalesce((SELECT max(uid_validity) FROM mailbox WHERE account_id = account.id), 0))`,
    )
    db.exec('UPDATE identity SET id = lower(hex(randomblob(16)))')
  })
}

/** A bound by the clock; should that have been set back, the store that is replaced knows better. */
export function givenSince(replaced: string, now: number): GivenSince {
  const bound = { modSeq: now * changesPerMs, uidValidity: Math.floor(now / 1000) }
  if (!existsSync(replaced)) return bound
  try {
    // Read-only: nothing of what is damaged may be lost by looking at it.
    const db = new DatabaseSync(replaced, { readOnly: true })
    try {
      const row = db
        .prepare(
          'SELECT max(mod_seq) AS modSeq, max(last_uid_validity) AS uidValidity FROM account',
        )
        .get()
      return {
        modSeq: Math.max(bound.modSeq, Number(row?.['modSeq'] ?? 0)),
        uidValidity: Math.max(bound.uidValidity, Number(row?.['uidValidity'] ?? 0)),
      }
    } finally {
      db.close()
    }
  } catch {
    // Too damaged to say.
    return bound
  }
}
