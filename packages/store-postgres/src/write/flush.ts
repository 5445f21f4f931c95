import { type Statements, statements } from '../database/statement.ts'
import {
  accountBlobTable,
  emailTable,
  mailboxTable,
  mailboxThreadTable,
  membershipTable,
  recordTable,
  threadTable,
} from './account-tables.ts'
import type { AccountTx } from './account-tx.ts'
import type { RowSet } from './row-set.ts'
import type { Table } from './tables.ts'
import { finishViewers, writeViewers } from './viewers/write-viewers.ts'

export const flushStatements: Statements<
  | 'account'
  | 'tombstones'
  | 'recordTombstones'
  | 'expunged'
  | 'keywords'
  | 'threadKeys'
  | 'forgetThreadKeys'
  | 'forgetExpunged'
> = statements('flush', {
  account: `UPDATE account SET mod_seq = $2, used_bytes = $3, used_emails = $4, last_uid_validity = $5 WHERE id = $1`,
  tombstones: `INSERT INTO tombstone (account_id, gone_at, kind, mod_seq, id)
      SELECT $1, $2, rows.* FROM unnest($3::smallint[], $4::bigint[], $5::bigint[]) AS rows`,
  recordTombstones: `INSERT INTO record_tombstone (account_id, gone_at, mod_seq, type, id, created_mod_seq)
      SELECT $1, $2, rows.* FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bigint[]) AS rows`,
  expunged: `INSERT INTO expunged (account_id, gone_at, mailbox_id, mod_seq, uid, created_mod_seq)
      SELECT $1, $2, rows.* FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS rows`,
  keywords: `INSERT INTO keyword (account_id, id, name, spelling)
      SELECT $1, rows.* FROM unnest($2::bigint[], $3::text[], $4::text[]) AS rows`,
  threadKeys: `INSERT INTO thread_key (account_id, key, thread_id) SELECT $1, rows.* FROM unnest($2::bytea[], $3::bigint[]) AS rows`,
  forgetThreadKeys: `DELETE FROM thread_key WHERE account_id = $1 AND thread_id = ANY($2::bigint[])`,
  forgetExpunged: `DELETE FROM expunged WHERE account_id = $1 AND mailbox_id = ANY($2::bigint[])`,
})

/** Rows in memory from which on they are written and forgotten, between two pages of an op. */
const maxRows = 1_000

/** Before the next page of a large op. */
export async function flushLarge(tx: AccountTx): Promise<void> {
  if (tx.memberships.size + tx.emails.size >= maxRows) await flush(tx)
}

/** Writes what has been changed so far: one round trip. What is loaded next comes from the database. */
export async function flush(tx: AccountTx): Promise<void> {
  await Promise.all([...writes(tx), tx.content.flush()])
  for (const set of [tx.emails, tx.memberships, tx.threads, tx.mailboxThreads, tx.accountBlobs])
    set.forget()
  tx.viewers?.seen.forget()
  tx.viewers?.threads.forget()
  tx.blobIds.clear()
  tx.threadKeys.clear()
}

/** Writes the rest, and the counters. `content.flush` is left to the transaction, which may have other accounts. */
export function finish(tx: AccountTx): Promise<unknown>[] {
  tx.settleMailboxes()
  const written = [...writes(tx), ...finishViewers(tx)]
  if (tx.isChanged) {
    const { mod_seq: modSeq, used_bytes: bytes, used_emails: emails } = tx.account
    written.push(
      tx.connection.rows(
        flushStatements.account,
        tx.id,
        modSeq,
        bytes,
        emails,
        tx.account.last_uid_validity,
      ),
    )
  }
  return written
}

/** In this order: what is removed makes room for what is added. */
function writes(tx: AccountTx): Promise<unknown>[] {
  tx.settleThreads()
  const goneThreads = tx.threads.gone()
  const goneMailboxes = tx.mailboxes.gone()
  return [
    ...(goneThreads.length === 0
      ? []
      : [
          tx.connection.rows(
            flushStatements.forgetThreadKeys,
            tx.id,
            goneThreads.map(({ id }) => id),
          ),
        ]),
    ...writeSet(tx, mailboxTable, tx.mailboxes),
    ...writeSet(tx, membershipTable, tx.memberships),
    ...writeSet(tx, emailTable, tx.emails),
    ...writeSet(tx, threadTable, tx.threads),
    ...writeSet(tx, mailboxThreadTable, tx.mailboxThreads),
    ...writeSet(tx, accountBlobTable, tx.accountBlobs),
    ...writeSet(tx, recordTable, tx.records),
    ...writeViewers(tx),
    ...writeAdditions(tx),
    ...(goneMailboxes.length === 0
      ? []
      : [
          tx.connection.rows(
            flushStatements.forgetExpunged,
            tx.id,
            goneMailboxes.map(({ id }) => id),
          ),
        ]),
  ]
}

function writeSet<Row extends object>(
  tx: AccountTx,
  table: Table<Row>,
  set: RowSet<Row>,
): Promise<unknown>[] {
  const { changed, gone } = set.take()
  const written: Promise<unknown>[] = []
  if (gone.length > 0)
    written.push(tx.connection.rows(table.remove, tx.id, ...table.keyParameters(gone)))
  if (changed.length > 0)
    written.push(tx.connection.rows(table.write, tx.id, ...table.parameters(changed)))
  return written
}

function writeAdditions(tx: AccountTx): Promise<unknown>[] {
  const { connection, id, now } = tx
  const { tombstones, recordTombstones, expunged, keywords, threadKeys } = tx.takeAdditions()
  const written: Promise<unknown>[] = []
  if (tombstones.length > 0)
    written.push(
      connection.rows(
        flushStatements.tombstones,
        id,
        now,
        tombstones.map(({ kind }) => kind),
        tombstones.map((row) => row.mod_seq),
        tombstones.map((row) => row.id),
      ),
    )
  if (recordTombstones.length > 0)
    written.push(
      connection.rows(
        flushStatements.recordTombstones,
        id,
        now,
        recordTombstones.map((row) => row.mod_seq),
        recordTombstones.map(({ type }) => type),
        recordTombstones.map((row) => row.id),
        recordTombstones.map((row) => row.created_mod_seq),
      ),
    )
  if (expunged.length > 0)
    written.push(
      connection.rows(
        flushStatements.expunged,
        id,
        now,
        expunged.map((row) => row.mailbox_id),
        expunged.map((row) => row.mod_seq),
        expunged.map(({ uid }) => uid),
        expunged.map((row) => row.created_mod_seq),
      ),
    )
  if (keywords.length > 0)
    written.push(
      connection.rows(
        flushStatements.keywords,
        id,
        keywords.map((row) => row.id),
        keywords.map(({ name }) => name),
        keywords.map(({ spelling }) => spelling),
      ),
    )
  if (threadKeys.length > 0)
    written.push(
      connection.rows(
        flushStatements.threadKeys,
        id,
        threadKeys.map(([key]) => key),
        threadKeys.map(([, thread]) => thread),
      ),
    )
  return written
}
