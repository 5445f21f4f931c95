import { MailError, type MailboxRole } from '@gatepost/core'

import type { MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'

export const maxMailboxes = 1_000
const maxMailboxDepth = 20

/** RFC 3501 section 5.1: INBOX in any case is one name at the top. @throws MailError conflict `mailbox.exists` */
export function checkFree(tx: AccountTx, parent: number, name: string, except: number): void {
  const isInbox = parent === 0 && name.toLowerCase() === 'inbox'
  const sibling = tx.sql.get<{ id: number }>(
    'SELECT id FROM mailbox WHERE account_id = ? AND parent_id = ? AND name = ?',
    tx.id,
    parent,
    name,
  )
  if (isInbox || (sibling !== undefined && sibling.id !== except))
    throw new MailError('conflict', 'mailbox.exists', 'A mailbox with this name exists')
}

/** @throws MailError conflict `mailbox.roleTaken` */
export function checkRole(tx: AccountTx, role: MailboxRole | null, except: number): void {
  if (role === null) return
  const holder = tx.sql.get<{ id: number }>(
    'SELECT id FROM mailbox WHERE account_id = ? AND role = ?',
    tx.id,
    role,
  )
  if (holder !== undefined && holder.id !== except)
    throw new MailError('conflict', 'mailbox.roleTaken', 'Another mailbox has this role')
}

/**
 * A place below `parent` for a mailbox with `height` levels under it.
 * @throws MailError notFound `mailbox.notFound`; invalid `mailbox.loop`; limit `mailbox.tooDeep`
 */
export function checkPlace(
  tx: AccountTx,
  parent: number,
  { self, height }: { readonly self: number; readonly height: number },
): void {
  let depth = 1
  for (let at = parent; at !== 0; at = tx.mailbox(at).parent_id) {
    if (at === self)
      throw new MailError('invalid', 'mailbox.loop', 'A mailbox cannot be inside itself')
    depth += 1
  }
  if (depth + height > maxMailboxDepth)
    throw new MailError('limit', 'mailbox.tooDeep', 'Mailboxes are nested too deeply')
}

/** Levels of mailboxes under this one. */
export function heightOf(tx: AccountTx, mailbox: MailboxRow): number {
  const row = tx.sql.get<{ height: number }>(
    `WITH RECURSIVE below (id, level) AS (
       SELECT ?1, 0
       UNION ALL SELECT mailbox.id, level + 1 FROM mailbox JOIN below ON mailbox.parent_id = below.id WHERE mailbox.account_id = ?2
     ) SELECT max(level) AS height FROM below`,
    mailbox.id,
    tx.id,
  )
  return row?.height ?? 0
}
