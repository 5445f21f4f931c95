import type { MailOp } from '@gatepost/core'
import { keyOf, normaliseKeywords, packKeywords, unpackKeywords } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { addMembership, removeMembership } from '../counts.ts'
import { getEmail, markEmail } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { loadEmails } from '../load.ts'
import type { EmailRow } from '../rows.ts'
import { distinctMailboxes } from './add-email.ts'
import { changeKeywords } from './change-keywords.ts'

type UpdateEmail = Extract<MailOp, { op: 'updateEmail' }>

/** RFC 8621 section 4.6. */
export async function updateEmail(tx: AccountTx, op: UpdateEmail): Promise<null> {
  const key = keyOf('e', op.emailId)
  await loadEmails(tx, [key])
  const email = getEmail(tx, key)
  if (op.mailboxIds !== undefined) await changeMailboxes(tx, email, op.mailboxIds)
  if (op.keywords === undefined) return null
  const wanted =
    'set' in op.keywords
      ? op.keywords.set
      : patched(unpackKeywords(email.keywords), lowerKeys(op.keywords.patch))
  const keywords = packKeywords(normaliseKeywords(wanted))
  if (keywords === email.keywords) return null
  await keepSpellings(tx, spelledIn(op.keywords))
  changeKeywords(tx, email, keywords)
  return null
}

/** The keywords that a change gives, as they were written. */
function spelledIn(change: NonNullable<UpdateEmail['keywords']>): readonly string[] {
  if ('set' in change) return change.set
  return Object.entries(change.patch).flatMap(([name, isIn]) => (isIn ? [name] : []))
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

function patched(had: readonly string[], patch: Readonly<Record<string, boolean>>): string[] {
  const result = new Set(had)
  for (const [name, isIn] of Object.entries(patch)) {
    if (isIn) result.add(name)
    else result.delete(name)
  }
  return [...result]
}

function lowerKeys(patch: Readonly<Record<string, boolean>>): Record<string, boolean> {
  return Object.fromEntries(Object.entries(patch).map(([name, isIn]) => [name.toLowerCase(), isIn]))
}
