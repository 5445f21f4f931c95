import type { AccountId, MailboxId } from '../ids.ts'
import type { Access, Right, Rights } from '../model/access.ts'

export const allRights: Rights = new Set<Right>([
  'lookup',
  'read',
  'seen',
  'write',
  'insert',
  'post',
  'create',
  'delete',
  'deleteMessages',
  'expunge',
  'administer',
])
const noRights: Rights = new Set()

/** On the account, or on a mailbox of it; none where nothing is shared. */
export function rightsOn(access: Access, account: AccountId, mailbox?: MailboxId): Rights {
  if (account === access.account.id) return allRights
  const shared = access.shared.find((one) => one.account.id === account)
  if (shared === undefined) return noRights
  const added = mailbox === undefined ? undefined : shared.mailboxes.get(mailbox)
  return added === undefined ? shared.rights : new Set([...shared.rights, ...added])
}

export function may(
  access: Access,
  right: Right,
  account: AccountId,
  mailbox?: MailboxId,
): boolean {
  return rightsOn(access, account, mailbox).has(right)
}
