import { keyOf } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { loadBlobsNamed, loadEmails, loadForMessages, loadMailboxes, loadPlaces } from '../load.ts'
import { loadRecords } from './load-records.ts'
import type { PreparedOp } from './prepared-op.ts'

/** UIDs that ops may name to be loaded together; what they name beyond, they load themselves in pages. */
const maxUids = 250

/** Loads what a page of ops names and stores what it brings, together: many ops cost as many round trips as one. */
export async function prefetch(tx: AccountTx, ops: readonly PreparedOp[]): Promise<void> {
  const emails: number[] = []
  const mailboxes = new Set<number>()
  for (const { op } of ops) {
    if ('emailId' in op) emails.push(keyOf('e', op.emailId))
    if (op.op === 'addEmail') for (const id of op.mailboxIds) mailboxes.add(keyOf('m', id))
    if ('uids' in op) mailboxes.add(keyOf('m', 'fromId' in op ? op.fromId : op.mailboxId))
    if ('toId' in op) mailboxes.add(keyOf('m', op.toId))
  }
  const contents = ops.flatMap(({ message, blob }) => message ?? blob ?? [])
  await Promise.all([
    loadMailboxes(tx, [...mailboxes]),
    loadEmails(tx, emails),
    loadForMessages(
      tx,
      ops.flatMap(({ message }) => message ?? []),
    ),
    loadBlobsNamed(tx, contents),
    loadRecords(
      tx,
      ops.map(({ op }) => op),
    ),
    ...placesIn(ops).map(([mailbox, uids]) => loadPlaces(tx, mailbox, uids)),
  ])
  // What the quota may have no room for is not written: the ops find out which.
  const bytes = contents.reduce((sum, { size }) => sum + size, 0)
  if (tx.hasRoom(bytes, 0)) await tx.content.put(contents)
}

/** UIDs by mailbox, as far as they are few. */
function placesIn(ops: readonly PreparedOp[]): [mailbox: number, uids: number[]][] {
  const places = new Map<number, number[]>()
  let count = 0
  for (const { op } of ops) {
    if (!('uids' in op) || op.uids === undefined) continue
    count += op.uids.length
    if (count > maxUids) break
    const mailbox = keyOf('m', 'fromId' in op ? op.fromId : op.mailboxId)
    places.set(mailbox, [...(places.get(mailbox) ?? []), ...op.uids])
  }
  return [...places]
}
