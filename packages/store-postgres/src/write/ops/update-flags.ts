import type { MailOp, UpdatedFlags } from '@gatepost/core'
import {
  isDeletedStored,
  keyOf,
  keywordsStored,
  normaliseKeywords,
  uid,
} from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { getEmail } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { loadMailboxes } from '../load.ts'
import type { MembershipRow } from '../rows.ts'
import { changeKeywords, keywordsOf } from './change-keywords.ts'
import { placesAt } from './places.ts'

type UpdateFlags = Extract<MailOp, { op: 'updateFlags' }>

/** RFC 7162 section 3.1.3: what changed after `unchangedSince` is left alone and named. */
export async function updateFlags(tx: AccountTx, op: UpdateFlags): Promise<UpdatedFlags> {
  const key = keyOf('m', op.mailboxId)
  await loadMailboxes(tx, [key])
  const { id } = tx.mailbox(key)
  const asked = normaliseKeywords(op.keywords)
  const done: number[] = []
  const refused: number[] = []
  let isNew = false
  for await (const page of placesAt(tx, id, op.uids))
    for (const membership of page) {
      if (op.unchangedSince !== undefined && membership.mod_seq > op.unchangedSince)
        refused.push(membership.uid)
      else {
        isNew = applyTo(tx, op, membership, asked) || isNew
        done.push(membership.uid)
      }
    }
  if (isNew && op.mode !== 'remove') await keepSpellings(tx, op.keywords)
  return { uids: done.map(uid), refusedUids: refused.map(uid) }
}

/** Whether the email has other keywords now. */
function applyTo(
  tx: AccountTx,
  op: UpdateFlags,
  membership: MembershipRow,
  asked: readonly string[],
): boolean {
  const email = getEmail(tx, membership.email_id)
  const had = keywordsOf(tx, email)
  const wanted = keywordsStored(had, op, asked)
  const isDeleted = isDeletedStored(op, membership.is_deleted)
  const isOther = wanted !== had
  const isMarkOther = isDeleted !== membership.is_deleted
  if (!isOther && !isMarkOther) return false
  const modSeq = isOther ? changeKeywords(tx, email, { had, wanted }) : tx.nextModSeq()
  if (!isMarkOther) return isOther
  membership.is_deleted = isDeleted
  membership.mod_seq = modSeq
  tx.memberships.touch(membership)
  const mailbox = tx.mailbox(membership.mailbox_id)
  mailbox.deleted_emails += isDeleted ? 1 : -1
  mailbox.highest_mod_seq = modSeq
  tx.touch(mailbox, 'counts')
  return isOther
}
