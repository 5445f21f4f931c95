import { type MailboxRole, MailError, type MailOp } from '@gatepost/core'
import { checkMailboxName, keyOf, mailboxNotFound } from '@gatepost/store-model'

import type { MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'
import { takeOut } from '../emails.ts'
import { loadAllMailboxes } from '../load.ts'
import { loadViewerMailboxes } from '../viewers/load-viewers.ts'
import { moveOne } from './copy-emails.ts'
import {
  checkCount,
  checkFree,
  checkPlace,
  checkRole,
  hasChild,
  heightOf,
} from './mailbox-rules.ts'
import { allPlaces } from './places.ts'

export async function createMailbox(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'createMailbox' }>,
): Promise<MailboxRow> {
  await Promise.all([loadAllMailboxes(tx), loadViewerMailboxes(tx)])
  const isSubscribed = op.isSubscribed ?? false
  const from = op.emailsFrom === undefined ? undefined : tx.mailbox(keyOf('m', op.emailsFrom))
  const to = makeMailbox(tx, {
    parent: makeLevels(tx, parentKey(op.parentId), op.levels),
    name: op.name,
    role: op.role ?? null,
    isSubscribed: isSubscribed && tx.viewer === undefined,
    sortOrder: op.sortOrder ?? 0,
  })
  if (isSubscribed) tx.viewer?.subscribe(to.id, true)
  if (from !== undefined)
    for await (const page of allPlaces(tx, from.id, false))
      for (const membership of page) moveOne(tx, membership, { from, to })
  return to
}

/** The last of the levels, which are made one in another. */
function makeLevels(tx: AccountTx, top: number, levels: readonly string[] = []): number {
  let parent = top
  for (const name of levels) parent = makeMailbox(tx, { ...plainMailbox, parent, name }).id
  return parent
}

const plainMailbox = { role: null, isSubscribed: false, sortOrder: 0 } as const

function makeMailbox(tx: AccountTx, mailbox: NewMailbox): MailboxRow {
  checkMailboxName(mailbox.name)
  checkPlace(tx, mailbox.parent, { self: -1, height: 0 })
  checkFree(tx, mailbox.parent, mailbox.name, 0)
  checkRole(tx, mailbox.role, 0)
  checkCount(tx)
  return insertMailbox(tx, mailbox)
}

export interface NewMailbox {
  readonly parent: number
  readonly name: string
  readonly role: MailboxRole | null
  readonly isSubscribed: boolean
  readonly sortOrder: number
}

export function insertMailbox(tx: AccountTx, mailbox: NewMailbox): MailboxRow {
  const id = tx.nextModSeq()
  const row: MailboxRow = {
    id,
    parent_id: mailbox.parent,
    name: mailbox.name,
    role: mailbox.role,
    is_subscribed: mailbox.isSubscribed,
    is_selectable: true,
    sort_order: mailbox.sortOrder,
    uid_validity: tx.nextUidValidity(),
    uid_next: 1,
    highest_mod_seq: id,
    mod_seq: id,
    properties_mod_seq: id,
    total_emails: 0,
    unread_emails: 0,
    total_threads: 0,
    unread_threads: 0,
    deleted_emails: 0,
    total_bytes: 0,
  }
  tx.mailboxes.add(row)
  return row
}

/** Renames, moves and marks; ids, UIDs and children stay (RFC 3501 section 6.3.5, RFC 8621 section 2.5). */
export async function updateMailbox(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'updateMailbox' }>,
): Promise<MailboxRow> {
  await Promise.all([loadAllMailboxes(tx), loadViewerMailboxes(tx)])
  const row = tx.mailbox(keyOf('m', op.mailboxId))
  const name = op.name ?? row.name
  const top = op.parentId === undefined ? row.parent_id : parentKey(op.parentId)
  const parent = makeLevels(tx, top, op.levels)
  const role = op.role === undefined ? row.role : op.role
  const isElsewhere = name !== row.name || parent !== row.parent_id
  if (row.role === 'inbox' && (isElsewhere || role !== 'inbox')) throw isInbox()
  if (isElsewhere) {
    checkMailboxName(name)
    checkPlace(tx, parent, { self: row.id, height: heightOf(tx, row) })
    checkFree(tx, parent, name, row.id)
  }
  checkRole(tx, role, row.id)
  const wasSubscribed = tx.viewer?.isSubscribed(row.id) ?? row.is_subscribed
  const isSubscribed = op.isSubscribed ?? wasSubscribed
  const changed = {
    name,
    parent_id: parent,
    role,
    is_subscribed: tx.viewer === undefined ? isSubscribed : row.is_subscribed,
    sort_order: op.sortOrder ?? row.sort_order,
    is_selectable: op.isSelectable ?? row.is_selectable,
  }
  const isSame = Object.entries(changed).every(
    ([property, value]) => row[property as keyof typeof changed] === value,
  )
  if (isSame && isSubscribed === wasSubscribed) return row
  tx.viewer?.subscribe(row.id, isSubscribed)
  changeProperties(tx, row, changed)
  return row
}

function changeProperties(tx: AccountTx, row: MailboxRow, changed: Partial<MailboxRow>): void {
  const modSeq = tx.nextModSeq()
  Object.assign(row, changed)
  row.mod_seq = modSeq
  row.properties_mod_seq = modSeq
  tx.mailboxes.touch(row)
}

export async function destroyMailbox(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'destroyMailbox' }>,
): Promise<null> {
  await Promise.all([loadAllMailboxes(tx), loadViewerMailboxes(tx)])
  const row = tx.mailbox(keyOf('m', op.mailboxId))
  if (row.role === 'inbox') throw isInbox()
  const isParent = hasChild(tx, row)
  const staysAsParent = isParent && op.keepsParent === true && row.is_selectable
  if (isParent && !staysAsParent)
    throw new MailError('conflict', 'mailbox.hasChild', 'The mailbox has mailboxes inside')
  if (row.total_emails > 0 && !op.removeEmails)
    throw new MailError('conflict', 'mailbox.hasEmail', 'The mailbox is not empty')
  for await (const page of allPlaces(tx, row.id, false))
    for (const membership of page) takeOut(tx, membership)
  if (staysAsParent) {
    changeProperties(tx, row, { role: null, is_selectable: false })
    return null
  }
  tx.removeMailbox(row)
  tx.bury('mailbox', row.id, tx.nextModSeq())
  return null
}

function parentKey(parent: string | null): number {
  if (parent === null) return 0
  const key = keyOf('m', parent)
  if (key === 0) throw mailboxNotFound()
  return key
}

function isInbox(): MailError {
  return new MailError('conflict', 'mailbox.isInbox', 'INBOX cannot be changed in this way')
}
