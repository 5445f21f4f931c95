import { MailError, type Account, type MailboxId } from '@gatepost/core'

import { joinPath, splitPath } from '../../grammar/mailbox-name.ts'
import type { Command, CommandContext } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { type MailboxTree, readTree } from '../mailbox-tree.ts'

// RFC 3501 section 6.3.3: with the levels above that are missing; a trailing separator only says that there will be more below.
export const create: Command = {
  name: 'CREATE',
  when: 'authenticated',
  async run({ args, ports }, account) {
    const names = splitPath(args.mailboxName())
    args.end()
    if (names.length === 0)
      throw new MailError('invalid', 'mailbox.badName', 'The mailbox name cannot be used')
    const tree = readTree(ports.store, account.id)
    if (tree.find(joinPath(names)) !== undefined)
      throw new MailError('conflict', 'mailbox.exists', 'A mailbox with this name exists')
    const { parentId, missing } = missingLevels(tree, names)
    const id = await createLevels(ports, account, { parentId, names: missing })
    // RFC 8474 section 4.1.
    return ok('CREATE completed', `MAILBOXID (${id})`)
  },
}

/** How much of a path is there, and the names below that are not. */
export function missingLevels(
  tree: MailboxTree,
  names: readonly string[],
): { readonly parentId: MailboxId | null; readonly missing: readonly string[] } {
  for (let length = names.length - 1; length > 0; length -= 1) {
    const parent = tree.find(joinPath(names.slice(0, length)))
    if (parent !== undefined) return { parentId: parent.id, missing: names.slice(length) }
  }
  return { parentId: null, missing: names }
}

export async function createLevels(
  { store }: CommandContext['ports'],
  account: Account,
  { parentId, names }: { readonly parentId: MailboxId | null; readonly names: readonly string[] },
): Promise<MailboxId | null> {
  let id = parentId
  for (const name of names) {
    const [made] = await store.transact(account.id, [
      { op: 'createMailbox', name, parentId: id, isSubscribed: false },
    ])
    id = made.id
  }
  return id
}
