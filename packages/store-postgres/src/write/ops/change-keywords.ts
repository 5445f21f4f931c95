import { isUnread } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { countUnread } from '../counts.ts'
import type { EmailRow } from '../rows.ts'

/** Keywords are the email's: the change shows, with its modseq, in every mailbox that has it. Takes packed keywords; answers the modseq. */
export function changeKeywords(tx: AccountTx, email: EmailRow, keywords: string): number {
  const modSeq = tx.nextModSeq()
  const was = isUnread(email.keywords)
  const is = isUnread(keywords)
  email.keywords = keywords
  email.mod_seq = modSeq
  tx.emails.touch(email)
  for (const membership of tx.memberships.ofEmail(email.id)) {
    const mailbox = tx.mailbox(membership.mailbox_id)
    membership.mod_seq = modSeq
    tx.memberships.touch(membership)
    mailbox.highest_mod_seq = modSeq
    tx.touch(mailbox, 'highestModSeq')
    if (was !== is) countUnread(tx, mailbox, email, is ? 1 : -1)
  }
  return modSeq
}
