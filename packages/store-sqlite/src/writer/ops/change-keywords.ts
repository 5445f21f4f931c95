import { isUnread, withSeen } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { type EmailRow, membershipsOf } from '../emails.ts'
import { countUnread } from '../memberships.ts'

/** The keywords of an email as whoever changes them has them, packed. */
export function keywordsOf(tx: AccountTx, email: EmailRow): string {
  return tx.viewer === undefined ? email.keywords : tx.viewer.keywordsOf(email)
}

/**
 * Keywords are the email's: the change shows, with its modseq, in every mailbox that has it. `$seen` alone is that of whoever changes it. Takes packed
 * keywords, `had` as of `keywordsOf`; answers the modseq.
 */
export function changeKeywords(
  tx: AccountTx,
  email: EmailRow,
  { had, wanted }: { readonly had: string; readonly wanted: string },
): number {
  const modSeq = tx.nextModSeq()
  const isSeenOther = isSeen(had) !== isSeen(wanted)
  const keywords = tx.viewer === undefined ? wanted : withSeen(wanted, isSeen(email.keywords))
  tx.sql.run(
    'UPDATE email SET keywords = ?, mod_seq = ? WHERE account_id = ? AND id = ?',
    keywords,
    modSeq,
    tx.id,
    email.id,
  )
  const was = isUnread(email.keywords)
  const is = isUnread(keywords)
  const memberships = membershipsOf(tx, email.id)
  for (const membership of memberships) {
    const mailbox = tx.mailbox(membership.mailbox_id)
    markMembership(tx, mailbox.id, membership.uid, modSeq)
    mailbox.highest_mod_seq = modSeq
    tx.touch(mailbox, isSeenOther ? 'counts' : 'highestModSeq')
    if (was !== is) countUnread(tx, mailbox, email, is ? 1 : -1)
  }
  if (!isSeenOther) return modSeq
  if (tx.viewer === undefined) tx.viewers?.turnOver(email.id)
  else
    tx.viewer.turnOver(
      { ...email, keywords },
      memberships.map((membership) => membership.mailbox_id),
    )
  return modSeq
}

function isSeen(packed: string): boolean {
  return packed.includes(' $seen ')
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
