import type { MailOp, Uid } from '@gatepost/core'
import { keyOf, uid } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { destroy, getEmail, takeOut } from '../emails.ts'
import { membershipsAt } from '../memberships.ts'

/** RFC 3501 section 6.4.3, RFC 4315 section 2.1. */
export function expunge(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'expunge' }>,
  uids: readonly number[],
): { readonly uids: readonly Uid[] } {
  const mailbox = tx.mailbox(keyOf('m', op.mailboxId))
  const found = membershipsAt(tx, mailbox.id, uids)
  const gone = op.onlyDeleted ? found.filter((row) => row.is_deleted === 1) : found
  for (const membership of gone) takeOut(tx, mailbox, membership)
  return { uids: gone.map((row) => uid(row.uid)) }
}

export function destroyEmail(tx: AccountTx, op: Extract<MailOp, { op: 'destroyEmail' }>): null {
  destroy(tx, getEmail(tx, keyOf('e', op.emailId)))
  return null
}
