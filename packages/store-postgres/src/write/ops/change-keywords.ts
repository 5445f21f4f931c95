import { isUnread, withSeen } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { countUnread, unreadOfThread } from '../counts.ts'
import type { EmailRow } from '../rows.ts'

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
  const was = isUnread(email.keywords)
  const is = isUnread(keywords)
  email.keywords = keywords
  email.mod_seq = modSeq
  tx.emails.touch(email)
  const memberships = tx.memberships.ofEmail(email.id)
  for (const membership of memberships) {
    const mailbox = tx.mailbox(membership.mailbox_id)
    membership.mod_seq = modSeq
    tx.memberships.touch(membership)
    mailbox.highest_mod_seq = modSeq
    tx.touch(mailbox, isSeenOther ? 'counts' : 'highestModSeq')
    if (was !== is) countUnread(tx, mailbox, email, is ? 1 : -1)
  }
  if (!isSeenOther) return modSeq
  if (tx.viewer === undefined) tx.viewers?.turnOver(email.id)
  else
    tx.viewer.turnOver(
      email,
      memberships.map(({ mailbox_id: mailbox }) => ({
        mailbox,
        unread: unreadOfThread(tx, mailbox, email),
      })),
    )
  return modSeq
}

function isSeen(packed: string): boolean {
  return packed.includes(' $seen ')
}
