import type { MailOp, Uid } from '@gatepost/core'
import { keyOf, uid } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { destroy, getEmail, takeOut } from '../emails.ts'
import { loadEmails, loadMailboxes } from '../load.ts'
import { allPlaces, placesAt } from './places.ts'

/** RFC 3501 section 6.4.3, RFC 4315 section 2.1. */
export async function expunge(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'expunge' }>,
): Promise<{ readonly uids: readonly Uid[] }> {
  const key = keyOf('m', op.mailboxId)
  await loadMailboxes(tx, [key])
  const { id } = tx.mailbox(key)
  const pages =
    op.uids === undefined ? allPlaces(tx, id, op.onlyDeleted) : placesAt(tx, id, op.uids)
  const uids: Uid[] = []
  for await (const page of pages)
    for (const membership of page) {
      if (op.onlyDeleted && !membership.is_deleted) continue
      takeOut(tx, membership)
      uids.push(uid(membership.uid))
    }
  return { uids }
}

export async function destroyEmail(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'destroyEmail' }>,
): Promise<null> {
  const key = keyOf('e', op.emailId)
  await loadEmails(tx, [key])
  destroy(tx, getEmail(tx, key))
  return null
}
