import type { AccountTx } from '../account-tx.ts'
import { flush, flushLarge } from '../flush.ts'
import { loadEmails, loadPlaces, loadStatements } from '../load.ts'
import type { MembershipRow } from '../rows.ts'

/** Memberships that an op works on at once: a page costs a fixed number of round trips. */
const pageSize = 250

/** Those of the UIDs that are there, ascending, each once, in pages. */
export async function* placesAt(
  tx: AccountTx,
  mailbox: number,
  uids: readonly number[],
): AsyncGenerator<MembershipRow[]> {
  const wanted = [...new Set(uids)].toSorted((a, b) => a - b)
  for (let at = 0; at < wanted.length; at += pageSize) {
    const page = wanted.slice(at, at + pageSize)
    await flushLarge(tx)
    await loadPlaces(tx, mailbox, page)
    yield page.flatMap((uid) => tx.memberships.at(mailbox, uid) ?? [])
  }
}

/** All of a mailbox, or those marked `\Deleted`, ascending by UID, in pages. */
export async function* allPlaces(
  tx: AccountTx,
  mailbox: number,
  onlyDeleted: boolean,
): AsyncGenerator<MembershipRow[]> {
  for (let after = 0; ;) {
    // The statement looks at the database: what has been changed has to be there.
    await flush(tx)
    const found = await tx.connection.rows<{ uid: number; email_id: number }>(
      onlyDeleted ? loadStatements.deletedPage : loadStatements.page,
      tx.id,
      mailbox,
      after,
      pageSize,
    )
    await loadEmails(
      tx,
      found.map((row) => row.email_id),
    )
    yield found.flatMap(({ uid }) => tx.memberships.at(mailbox, uid) ?? [])
    const last = found.at(-1)
    if (last === undefined || found.length < pageSize) return
    after = last.uid
  }
}
