import type { Account, AccountName, Directory } from '@gatepost/core'

import { replies } from './smtp-reply.ts'

/** Whether a message of this size has a place: `never` when it would not fit into the empty mailbox either. */
export function roomFor(
  { quota, usedBytes, usedEmails }: Pick<Account, 'quota' | 'usedBytes' | 'usedEmails'>,
  bytes: number,
): 'room' | 'full' | 'never' {
  if (quota.bytes > 0 && bytes > quota.bytes) return 'never'
  const isOver =
    (quota.bytes > 0 && usedBytes + bytes > quota.bytes) ||
    (quota.emails > 0 && usedEmails + 1 > quota.emails)
  return isOver ? 'full' : 'room'
}

/** Whether all of these accounts take a message of this size; 0: not known, it will have some bytes. */
export function haveRoom(
  accounts: readonly AccountName[],
  bytes: number,
  directory: Pick<Directory, 'account'>,
): 'room' | 'full' | 'never' {
  let room: 'room' | 'full' = 'room'
  for (const { id } of accounts) {
    const account = directory.account(id)
    // Gone since it was resolved: the intake says what becomes of it.
    const one = account === undefined ? 'room' : roomFor(account, Math.max(bytes, 1))
    if (one === 'never') return one
    if (one === 'full') room = one
  }
  return room
}

/**
 * Before anything is taken, since nothing that came without a login is ever sent back: its sender is mostly somebody else's address.
 * 452, not 552: a mailbox is emptied, and the other server tells its own user when it is not.
 * @throws SmtpReply 452 4.2.2, 552 5.2.3
 */
export function checkRoom(
  accounts: readonly AccountName[],
  bytes: number,
  directory: Pick<Directory, 'account'>,
): void {
  const room = haveRoom(accounts, bytes, directory)
  if (room === 'never') throw replies.tooLargeForMailbox()
  if (room === 'full') throw replies.mailboxFull()
}
