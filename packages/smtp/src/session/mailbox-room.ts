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

type Room = ReturnType<typeof roomFor>

/** Of each set of accounts, whether all of it take a message of this size; 0: not known, it will have some bytes. */
export async function roomsFor(
  sets: readonly (readonly AccountName[])[],
  bytes: number,
  directory: Pick<Directory, 'accounts'>,
): Promise<readonly Room[]> {
  const ids = new Set(sets.flat().map(({ id }) => id))
  const found = await directory.accounts([...ids])
  return sets.map((set) => {
    let room: Room = 'room'
    for (const { id } of set) {
      const account = found.get(id)
      // Gone since it was resolved: the intake says what becomes of it.
      const one = account === undefined ? 'room' : roomFor(account, Math.max(bytes, 1))
      if (one === 'never') return one
      if (one === 'full') room = one
    }
    return room
  })
}

/**
 * Before anything is taken, since nothing that came without a login is ever sent back: its sender is mostly somebody else's address.
 * 452, not 552: a mailbox is emptied, and the other server tells its own user when it is not.
 * @throws SmtpReply 452 4.2.2, 552 5.2.3
 */
export async function checkRoom(
  accounts: readonly AccountName[],
  bytes: number,
  directory: Pick<Directory, 'accounts'>,
): Promise<void> {
  const [room] = await roomsFor([accounts], bytes, directory)
  if (room === 'never') throw replies.tooLargeForMailbox()
  if (room === 'full') throw replies.mailboxFull()
}
