import type { MailOp, Uid } from '@gatepost/core'
import { keyOf, uid } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { destroy, getEmail, takeOut } from '../emails.ts'
import type { MembershipRow } from '../memberships.ts'
import { membershipsAt } from './update-flags.ts'

/** RFC 3501 section 6.4.3, RFC 4315 section 2.1. */
export function expunge(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'expunge' }>,
): { readonly uids: readonly Uid[] } {
  const mailbox = tx.mailbox(keyOf('m', op.mailboxId))
  const found =
    op.uids === undefined
      ? allMemberships(tx, mailbox.id, op.onlyDeleted)
      : membershipsAt(tx, mailbox.id, op.uids)
  const gone = op.onlyDeleted ? found.filter((row) => row.is_deleted === 1) : found
  for (const membership of gone) takeOut(tx, mailbox, membership)
  return { uids: gone.map((row) => uid(row.uid)) }
}

export function destroyEmail(tx: AccountTx, op: Extract<MailOp, { op: 'destroyEmail' }>): null {
  destroy(tx, getEmail(tx, keyOf('e', op.emailId)))
  return null
}

export function allMemberships(
  tx: AccountTx,
  mailbox: number,
  onlyDeleted: boolean,
): MembershipRow[] {
  return tx.sql.all<MembershipRow>(
    `SELECT uid, email_id, mod_seq, created_mod_seq, is_deleted FROM membership
       WHERE account_id = ? AND mailbox_id = ? AND is_deleted >= ? ORDER BY uid`,
    tx.id,
    mailbox,
    onlyDeleted ? 1 : 0,
  )
}
