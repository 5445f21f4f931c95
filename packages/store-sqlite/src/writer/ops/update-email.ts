import type { MailOp } from '@gatepost/core'
import { keyOf, keywordsUpdated, patched, spelledIn } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { type EmailMembershipRow, getEmail, markEmail, membershipsOf } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { addMembership, removeMembership } from '../memberships.ts'
import { distinctMailboxes } from './add-email.ts'
import { changeKeywords, keywordsOf } from './change-keywords.ts'

type UpdateEmail = Extract<MailOp, { op: 'updateEmail' }>

/** RFC 8621 section 4.6. */
export function updateEmail(tx: AccountTx, op: UpdateEmail): null {
  const key = keyOf('e', op.emailId)
  if (op.mailboxIds !== undefined) changeMailboxes(tx, key, op.mailboxIds)
  const email = getEmail(tx, key)
  if (op.keywords !== undefined) {
    const had = keywordsOf(tx, email)
    const wanted = keywordsUpdated(had, op.keywords)
    if (wanted !== had) {
      keepSpellings(tx, spelledIn(op.keywords))
      changeKeywords(tx, email, { had, wanted })
    }
  }
  return null
}

function changeMailboxes(
  tx: AccountTx,
  key: number,
  change: NonNullable<UpdateEmail['mailboxIds']>,
): void {
  const email = getEmail(tx, key)
  const memberships = membershipsOf(tx, key)
  const had = memberships.map((row) => `m${row.mailbox_id}`)
  const wanted = distinctMailboxes(tx, 'set' in change ? change.set : patched(had, change.patch))
  const kept = new Set(wanted.map((mailbox) => mailbox.id))
  const gone = memberships.filter((row) => !kept.has(row.mailbox_id))
  const known = new Set(memberships.map((row) => row.mailbox_id))
  const added = wanted.filter((mailbox) => !known.has(mailbox.id))
  if (gone.length === 0 && added.length === 0) return
  const modSeq = tx.nextModSeq()
  markEmail(tx, key, modSeq)
  for (const row of gone) takeFrom(tx, row, email, modSeq)
  for (const mailbox of added) addMembership(tx, mailbox, email, { isDeleted: false, modSeq })
}

function takeFrom(
  tx: AccountTx,
  row: EmailMembershipRow,
  email: ReturnType<typeof getEmail>,
  modSeq: number,
): void {
  removeMembership(tx, tx.mailbox(row.mailbox_id), row, { email, modSeq })
}
