import { isUnread } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { type EmailRow, membershipsOf } from '../emails.ts'
import { countUnread } from '../memberships.ts'

/** Keywords are the email's: the change shows, with its modseq, in every mailbox that has it. Takes packed keywords; answers the modseq. */
export function changeKeywords(tx: AccountTx, email: EmailRow, keywords: string): number {
  const modSeq = tx.nextModSeq()
  tx.sql.run(
    'UPDATE email SET keywords = ?, mod_seq = ? WHERE account_id = ? AND id = ?',
    keywords,
    modSeq,
    tx.id,
    email.id,
  )
  const was = isUnread(email.keywords)
  const is = isUnread(keywords)
  for (const membership of membershipsOf(tx, email.id)) {
    const mailbox = tx.mailbox(membership.mailbox_id)
    markMembership(tx, mailbox.id, membership.uid, modSeq)
    mailbox.highest_mod_seq = modSeq
    tx.touch(mailbox, 'highestModSeq')
    if (was !== is) countUnread(tx, mailbox, email, is ? 1 : -1)
  }
  return modSeq
}

function markMembership(tx: AccountTx, mailbox: number, uid: number, modSeq: number): void {
  tx.sql.run(
    'UPDATE membership SET mod_seq = ? WHERE account_id = ? AND mailbox_id = ? AND uid = ?',
    modSeq,
    tx.id,
    mailbox,
    uid,
  )
}
