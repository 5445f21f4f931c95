import type { AccountName, Mailbox, MailboxRole } from '@gatepost/core'

import { matchesPattern } from '../../grammar/list-pattern.ts'
import {
  decodeMailboxName,
  encodeMailboxName,
  hierarchySeparator,
} from '../../grammar/mailbox-name.ts'
import { quote } from '../../grammar/response-text.ts'
import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { type MailboxTree, readTree } from '../mailbox-tree.ts'

/** RFC 6154 section 2, RFC 8457. */
const specialUses: Readonly<Partial<Record<MailboxRole, string>>> = {
  all: '\\All',
  archive: '\\Archive',
  drafts: '\\Drafts',
  flagged: '\\Flagged',
  important: '\\Important',
  junk: '\\Junk',
  sent: '\\Sent',
  trash: '\\Trash',
}

// RFC 3501 section 6.3.8.
export const list: Command = {
  name: 'LIST',
  when: 'authenticated',
  run: (context, account) => listMailboxes(context, account, 'LIST'),
}

// RFC 3501 section 6.3.9.
export const lsub: Command = {
  name: 'LSUB',
  when: 'authenticated',
  run: (context, account) => listMailboxes(context, account, 'LSUB'),
}

async function listMailboxes(
  { args, ports, writer }: CommandContext,
  account: AccountName,
  name: 'LIST' | 'LSUB',
): Promise<CommandEnd> {
  const reference = args.mailboxName()
  const pattern = decodeMailboxName(args.astring('The mailbox pattern'))
  args.end()
  if (pattern === '') {
    // The root of the reference's hierarchy: this is how a client asks for the separator.
    writer.line(`* ${name} (\\Noselect) "/" ""`)
    return ok(`${name} completed`)
  }
  const tree = await readTree(ports.store, account.id)
  for (const path of tree.paths) {
    const mailbox = tree.find(path)
    if (mailbox === undefined || !matchesPattern(`${reference}${pattern}`, path)) continue
    const isShown = name === 'LIST' || mailbox.isSubscribed
    // RFC 3501 section 6.3.9: of what is subscribed further down, `%` shows the level that it stops at.
    const isOnTheWay = !isShown && pattern.endsWith('%') && hasSubscribedBelow(tree, path)
    if (!isShown && !isOnTheWay) continue
    const attributes = isOnTheWay ? '\\Noselect' : attributesOf(mailbox, tree).join(' ')
    writer.line(`* ${name} (${attributes}) "/" ${quote(encodeMailboxName(path))}`)
  }
  return ok(`${name} completed`)
}

function hasSubscribedBelow(tree: MailboxTree, path: string): boolean {
  return tree.paths.some(
    (other) =>
      other.startsWith(`${path}${hierarchySeparator}`) && tree.find(other)?.isSubscribed === true,
  )
}

function attributesOf(mailbox: Mailbox, tree: MailboxTree): string[] {
  const use = mailbox.role === null ? undefined : specialUses[mailbox.role]
  return [
    ...(mailbox.isSelectable ? [] : ['\\Noselect']),
    tree.hasChildren(mailbox) ? '\\HasChildren' : '\\HasNoChildren',
    ...(use ? [use] : []),
  ]
}
