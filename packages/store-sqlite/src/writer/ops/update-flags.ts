import type { MailOp, UpdatedFlags } from '@gatepost/core'
import {
  isDeletedStored,
  keyOf,
  keywordsStored,
  normaliseKeywords,
  uid,
} from '@gatepost/store-model'

import type { MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'
import { getEmail } from '../emails.ts'
import { keepSpellings } from '../keyword-spellings.ts'
import { type MembershipRow, membershipsAt } from '../memberships.ts'
import { changeKeywords, keywordsOf } from './change-keywords.ts'

type UpdateFlags = Extract<MailOp, { op: 'updateFlags' }>

/** RFC 7162 section 3.1.3: what changed after `unchangedSince` is left alone and named. */
export function updateFlags(tx: AccountTx, op: UpdateFlags, uids: readonly number[]): UpdatedFlags {
  const mailbox = tx.mailbox(keyOf('m', op.mailboxId))
  const asked = normaliseKeywords(op.keywords)
  const done: number[] = []
  const refused: number[] = []
  let isNew = false
  for (const membership of membershipsAt(tx, mailbox.id, uids)) {
    if (op.unchangedSince !== undefined && membership.mod_seq > op.unchangedSince)
      refused.push(membership.uid)
    else {
      isNew = applyTo(tx, op, { mailbox, membership, asked }) || isNew
      done.push(membership.uid)
    }
  }
  if (isNew && op.mode !== 'remove') keepSpellings(tx, op.keywords)
  return { uids: done.map(uid), refusedUids: refused.map(uid) }
}

interface Target {
  readonly mailbox: MailboxRow
  readonly membership: MembershipRow
  readonly asked: readonly string[]
}

/** Whether the email has other keywords now. */
function applyTo(tx: AccountTx, op: UpdateFlags, { mailbox, membership, asked }: Target): boolean {
  const email = getEmail(tx, membership.email_id)
  const had = keywordsOf(tx, email)
  const wanted = keywordsStored(had, op, asked)
  const isDeleted = isDeletedStored(op, membership.is_deleted === 1)
  const isOther = wanted !== had
  const isMarkOther = isDeleted !== (membership.is_deleted === 1)
  if (!isOther && !isMarkOther) return false
  const modSeq = isOther ? changeKeywords(tx, email, { had, wanted }) : tx.nextModSeq()
  if (!isMarkOther) return isOther
  tx.sql.run(
    'UPDATE membership SET is_deleted = ?, mod_seq = ? WHERE account_id = ? AND mailbox_id = ? AND uid = ?',
    isDeleted ? 1 : 0,
    modSeq,
    tx.id,
    mailbox.id,
    membership.uid,
  )
  mailbox.deleted_emails += isDeleted ? 1 : -1
  mailbox.highest_mod_seq = modSeq
  tx.touch(mailbox, 'counts')
  return isOther
}
