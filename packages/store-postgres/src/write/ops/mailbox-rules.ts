import { MailError, type MailboxRole } from '@gatepost/core'

import type { MailboxRow } from '../../mailbox-row.ts'
import type { AccountTx } from '../account-tx.ts'

const maxMailboxes = 1_000
const maxMailboxDepth = 20

// All of these look at mailboxes that have been loaded, all of them.

/** @throws MailError limit `mailbox.tooMany` */
export function checkCount(tx: AccountTx): void {
  if (tx.mailboxes.all().length >= maxMailboxes)
    throw new MailError('limit', 'mailbox.tooMany', 'The account has too many mailboxes')
}

/** RFC 3501 section 5.1: INBOX in any case is one name at the top. @throws MailError conflict `mailbox.exists` */
export function checkFree(tx: AccountTx, parent: number, name: string, except: number): void {
  const isInbox = parent === 0 && name.toLowerCase() === 'inbox'
  const isTaken = tx.mailboxes
    .all()
    .some((row) => row.parent_id === parent && row.name === name && row.id !== except)
  if (isInbox || isTaken)
    throw new MailError('conflict', 'mailbox.exists', 'A mailbox with this name exists')
}

/** @throws MailError conflict `mailbox.roleTaken` */
export function checkRole(tx: AccountTx, role: MailboxRole | null, except: number): void {
  const isTaken =
    role !== null && tx.mailboxes.all().some((row) => row.role === role && row.id !== except)
  if (isTaken) throw new MailError('conflict', 'mailbox.roleTaken', 'Another mailbox has this role')
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
export function heightOf(tx: AccountTx, { id }: MailboxRow): number {
  const rows = tx.mailboxes.all()
  let level = new Set([id])
  for (let height = 0; ; height += 1) {
    const below = rows.filter((row) => level.has(row.parent_id))
    if (below.length === 0) return height
    level = new Set(below.map((row) => row.id))
  }
}

export function hasChild(tx: AccountTx, { id }: MailboxRow): boolean {
  return tx.mailboxes.all().some((row) => row.parent_id === id)
}
