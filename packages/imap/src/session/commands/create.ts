import {
  MailError,
  standardMailboxes,
  type AccountName,
  type MailboxId,
  type MailboxRole,
} from '@gatepost/core'

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
    const tree = await readTree(ports.store, account.id)
    const parent = tree.find(joinPath(names))
    const id =
      parent?.isSelectable === false
        ? await makeSelectable(ports, account, { id: parent.id, role: roleFor(tree, names) })
        : await createAt(ports, account, placeFor(tree, names))
    // RFC 8474 section 4.1.
    return ok('CREATE completed', `MAILBOXID (${id})`)
  },
}

/** Where a mailbox is to be, with what is missing of the levels above it. */
export interface NewPlace {
  readonly parentId: MailboxId | null
  readonly levels: readonly string[]
  readonly name: string
  readonly role: MailboxRole | null
}

/** @throws MailError conflict `mailbox.exists`; invalid `mailbox.badName` */
export function placeFor(tree: MailboxTree, names: readonly string[]): NewPlace {
  const name = names.at(-1)
  if (name === undefined)
    throw new MailError('invalid', 'mailbox.badName', 'The mailbox name cannot be used')
  if (tree.find(joinPath(names)) !== undefined)
    throw new MailError('conflict', 'mailbox.exists', 'A mailbox with this name exists')
  let parentId: MailboxId | null = null
  let depth = 0
  for (;;) {
    const next = depth < names.length - 1 ? tree.find(joinPath(names.slice(0, depth + 1))) : null
    if (next === null || next === undefined) break
    parentId = next.id
    depth += 1
  }
  return { parentId, levels: names.slice(depth, -1), name, role: roleFor(tree, names) }
}

/** With all levels or not at all. */
export async function createAt(
  { store }: CommandContext['ports'],
  account: AccountName,
  place: NewPlace & { readonly emailsFrom?: MailboxId },
): Promise<MailboxId> {
  const [made] = await store.transact(account.id, [
    { op: 'createMailbox', ...place, isSubscribed: false },
  ])
  return made.id
}

/** What DELETE has left as a parent holds messages again; its UIDs go on. */
async function makeSelectable(
  { store }: CommandContext['ports'],
  account: AccountName,
  { id, role }: { readonly id: MailboxId; readonly role: MailboxRole | null },
): Promise<MailboxId> {
  await store.transact(account.id, [
    { op: 'updateMailbox', mailboxId: id, role, isSelectable: true },
  ])
  return id
}

/** A mailbox made anew under a standard name is used for what its name says (RFC 6154 section 2), unless another one is. */
function roleFor(tree: MailboxTree, names: readonly string[]): MailboxRole | null {
  const path = joinPath(names)
  const standard = standardMailboxes.find(({ name }) => name === path)
  return standard === undefined || tree.hasRole(standard.role) ? null : standard.role
}
