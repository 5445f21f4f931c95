import { type Mailbox, type MailboxRole, MailError, type MailOp } from '@gatepost/core'
import { checkMailboxName, keyOf, mailboxNotFound } from '@gatepost/store-model'

import { mailboxColumns, mailboxOf, type MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'
import { removeViewersWithoutAccess } from '../viewers/register.ts'
import { checkFree, checkPlace, checkRole, heightOf, maxMailboxes } from './mailbox-rules.ts'

export function createMailbox(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'createMailbox' }>,
): MailboxRow {
  const parent = makeLevels(tx, parentKey(op.parentId), op.levels)
  const isSubscribed = op.isSubscribed ?? false
  const made = makeMailbox(tx, {
    parent,
    name: op.name,
    role: op.role ?? null,
    isSubscribed: isSubscribed && tx.viewer === undefined,
    sortOrder: op.sortOrder ?? 0,
  })
  if (isSubscribed) tx.viewer?.subscribe(made.id, true)
  return made
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
  const row = tx.sql.get<{ count: number }>(
    'SELECT count(*) AS count FROM mailbox WHERE account_id = ?',
    tx.id,
  )
  if ((row?.count ?? 0) >= maxMailboxes)
    throw new MailError('limit', 'mailbox.tooMany', 'The account has too many mailboxes')
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
    is_subscribed: mailbox.isSubscribed ? 1 : 0,
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
    is_selectable: 1,
  }
  tx.sql.run(
    `INSERT INTO mailbox (account_id, ${mailboxColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, 0, 0, 0, 0, 0, 0, 1)`,
    tx.id,
    id,
    row.parent_id,
    row.name,
    row.role,
    row.is_subscribed,
    row.sort_order,
    row.uid_validity,
    id,
    id,
    id,
  )
  tx.addMailbox(row)
  return row
}

/** Renames, moves and marks; ids, UIDs and children stay (RFC 3501 section 6.3.5, RFC 8621 section 2.5). */
export function updateMailbox(
  tx: AccountTx,
  op: Extract<MailOp, { op: 'updateMailbox' }>,
): MailboxRow {
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
  const wasSubscribed = tx.viewer?.isSubscribed(row.id) ?? row.is_subscribed === 1
  const isSubscribed = op.isSubscribed ?? wasSubscribed
  const sortOrder = op.sortOrder ?? row.sort_order
  const isSelectable = op.isSelectable === true ? 1 : row.is_selectable
  const isSame =
    !isElsewhere &&
    isSelectable === row.is_selectable &&
    role === row.role &&
    isSubscribed === wasSubscribed &&
    sortOrder === row.sort_order
  if (isSame) return row
  const modSeq = tx.nextModSeq()
  row.name = name
  row.parent_id = parent
  row.role = role
  if (tx.viewer === undefined) row.is_subscribed = isSubscribed ? 1 : 0
  else tx.viewer.subscribe(row.id, isSubscribed)
  row.sort_order = sortOrder
  row.is_selectable = isSelectable
  writeProperties(tx, row, modSeq)
  return row
}

function writeProperties(tx: AccountTx, row: MailboxRow, modSeq: number): void {
  row.mod_seq = modSeq
  row.properties_mod_seq = modSeq
  tx.sql.run(
    `UPDATE mailbox SET name = ?, parent_id = ?, role = ?, is_subscribed = ?, sort_order = ?, is_selectable = ?, mod_seq = ?, properties_mod_seq = ?
       WHERE account_id = ? AND id = ?`,
    row.name,
    row.parent_id,
    row.role,
    row.is_subscribed,
    row.sort_order,
    row.is_selectable,
    modSeq,
    modSeq,
    tx.id,
    row.id,
  )
}

type DestroyMailbox = Extract<MailOp, { op: 'destroyMailbox' }>

/** @throws MailError see the op */
export function checkDestroyable(tx: AccountTx, op: DestroyMailbox): MailboxRow {
  const row = tx.mailbox(keyOf('m', op.mailboxId))
  if (row.role === 'inbox') throw isInbox()
  if (hasChild(tx, row) && !mayStayAsParent(row, op))
    throw new MailError('conflict', 'mailbox.hasChild', 'The mailbox has mailboxes inside')
  if (row.total_emails > 0 && !op.removeEmails)
    throw new MailError('conflict', 'mailbox.hasEmail', 'The mailbox is not empty')
  return row
}

/** Its emails have gone. What was expunged from it is left to be trimmed: it may be much. */
export function destroyEmptied(tx: AccountTx, op: DestroyMailbox): null {
  const row = checkDestroyable(tx, op)
  if (hasChild(tx, row)) {
    row.role = null
    row.is_selectable = 0
    writeProperties(tx, row, tx.nextModSeq())
    return null
  }
  tx.forgetMailbox(row)
  tx.sql.run('DELETE FROM mailbox WHERE account_id = ? AND id = ?', tx.id, row.id)
  tx.sql.run('DELETE FROM access WHERE account_id = ? AND mailbox_id = ?', tx.id, row.id)
  tx.viewers?.forgetMailbox(row.id)
  tx.viewers?.forget(removeViewersWithoutAccess(tx.sql, tx.id))
  tx.bury('mailbox', row.id, tx.nextModSeq())
  return null
}

/** As whoever asked sees it: once the transaction has settled its counters. */
export function mailboxSeen(tx: AccountTx, row: MailboxRow): Mailbox {
  return mailboxOf(tx.viewer?.mailboxOf(row) ?? row)
}

function mayStayAsParent(row: MailboxRow, op: DestroyMailbox): boolean {
  return op.keepsParent === true && row.is_selectable === 1
}

function hasChild(tx: AccountTx, row: MailboxRow): boolean {
  const child = tx.sql.get(
    'SELECT 1 FROM mailbox WHERE account_id = ? AND parent_id = ? LIMIT 1',
    tx.id,
    row.id,
  )
  return child !== undefined
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
