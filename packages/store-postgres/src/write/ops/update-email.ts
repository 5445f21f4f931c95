import type { MailOp } from '@gatepost/core'
import { keyOf, keywordsUpdated, patched, spelledIn } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { addMembership, removeMembership } from '../counts.ts'
import { getEmail, markEmail } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { loadEmails } from '../load.ts'
import type { EmailRow } from '../rows.ts'
import { distinctMailboxes } from './add-email.ts'
import { changeKeywords, keywordsOf } from './change-keywords.ts'

type UpdateEmail = Extract<MailOp, { op: 'updateEmail' }>

/** RFC 8621 section 4.6. */
export async function updateEmail(tx: AccountTx, op: UpdateEmail): Promise<null> {
  const key = keyOf('e', op.emailId)
  await loadEmails(tx, [key])
  const email = getEmail(tx, key)
  if (op.mailboxIds !== undefined) await changeMailboxes(tx, email, op.mailboxIds)
  if (op.keywords === undefined) return null
  const had = keywordsOf(tx, email)
  const wanted = keywordsUpdated(had, op.keywords)
  if (wanted === had) return null
  await keepSpellings(tx, spelledIn(op.keywords))
  changeKeywords(tx, email, { had, wanted })
  return null
}

async function changeMailboxes(
  tx: AccountTx,
  email: EmailRow,
  change: NonNullable<UpdateEmail['mailboxIds']>,
): Promise<void> {
  const memberships = tx.memberships.ofEmail(email.id)
  const had = memberships.map((row) => `m${row.mailbox_id}`)
  const wanted = await distinctMailboxes(
    tx,
    'set' in change ? change.set : patched(had, change.patch),
  )
  const kept = new Set(wanted.map(({ id }) => id))
  const gone = memberships.filter((row) => !kept.has(row.mailbox_id))
  const added = wanted.filter(({ id }) => !tx.memberships.isIn(email.id, id))
  if (gone.length === 0 && added.length === 0) return
  const modSeq = tx.nextModSeq()
  markEmail(tx, email, modSeq)
  for (const row of gone) removeMembership(tx, row, email, modSeq)
  for (const mailbox of added) addMembership(tx, mailbox, email, { isDeleted: false, modSeq })
}
