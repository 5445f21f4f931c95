import type { MailOp } from '@gatepost/core'
import { keyOf, normaliseKeywords, packKeywords, unpackKeywords } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { type EmailMembershipRow, getEmail, markEmail, membershipsOf } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { addMembership, removeMembership } from '../memberships.ts'
import { distinctMailboxes } from './add-email.ts'
import { changeKeywords } from './change-keywords.ts'

type UpdateEmail = Extract<MailOp, { op: 'updateEmail' }>

/** RFC 8621 section 4.6. */
export function updateEmail(tx: AccountTx, op: UpdateEmail): null {
  const key = keyOf('e', op.emailId)
  if (op.mailboxIds !== undefined) changeMailboxes(tx, key, op.mailboxIds)
  const email = getEmail(tx, key)
  if (op.keywords !== undefined) {
    const wanted =
      'set' in op.keywords
        ? op.keywords.set
        : patched(unpackKeywords(email.keywords), lowerKeys(op.keywords.patch))
    const keywords = packKeywords(normaliseKeywords(wanted))
    if (keywords !== email.keywords) {
      keepSpellings(tx, spelledIn(op.keywords))
      changeKeywords(tx, email, keywords)
    }
  }
  return null
}

/** The keywords that a change gives, as they were written. */
function spelledIn(change: NonNullable<UpdateEmail['keywords']>): readonly string[] {
  if ('set' in change) return change.set
  return Object.entries(change.patch).flatMap(([name, isIn]) => (isIn ? [name] : []))
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
