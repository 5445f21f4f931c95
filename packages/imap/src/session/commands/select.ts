import { setImmediate } from 'node:timers/promises'

import type { AccountName, Mailbox, MailReader, Uid } from '@gatepost/core'

import { syntaxError } from '../../grammar/syntax-error.ts'
import { allUids } from '../all-uids.ts'
import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { KnownKeywords } from '../known-keywords.ts'
import { MailboxTree } from '../mailbox-tree.ts'
import { SelectedMailbox } from '../selected-mailbox.ts'

const pageSize = 1000

// RFC 3501 section 6.3.1.
export const select: Command = {
  name: 'SELECT',
  when: 'authenticated',
  run: (context, account) => open(context, account, false),
}

// RFC 3501 section 6.3.2.
export const examine: Command = {
  name: 'EXAMINE',
  when: 'authenticated',
  run: (context, account) => open(context, account, true),
}

async function open(
  { args, ports, state, writer }: CommandContext,
  account: AccountName,
  isReadOnly: boolean,
): Promise<CommandEnd> {
  const path = args.mailboxName()
  const parameters = args.optionalList() ?? []
  args.end()
  for (const parameter of parameters) {
    // RFC 7162 section 3.1.8.
    if (parameter.kind !== 'atom' || parameter.text.toUpperCase() !== 'CONDSTORE')
      throw syntaxError('Unknown parameter of SELECT')
    state.isCondstoreEnabled = true
  }
  // RFC 3501 section 6.3.1: a SELECT that fails leaves no mailbox selected.
  state.selected = undefined
  const keywords = new KnownKeywords()
  const { mailbox, firstUnseen, selected } = await ports.store.read(account.id, async (reader) => {
    const [all] = await Promise.all([reader.mailboxes.list(), keywords.refresh(reader)])
    const found = new MailboxTree(all).getSelectable(path)
    return {
      mailbox: found,
      firstUnseen: await findFirstUnseen(reader, found),
      selected: new SelectedMailbox({
        accountId: account.id,
        id: found.id,
        isReadOnly,
        uids: await allUids(reader, found.id),
        modSeq: reader.state,
        keywords,
      }),
    }
  })
  const unseen = firstUnseen === undefined ? 0 : selected.numberOf(firstUnseen)
  for (const line of keywords.lines(isReadOnly)) writer.line(line)
  writer.line(`* ${selected.uids.length} EXISTS`)
  writer.line('* 0 RECENT')
  if (unseen > 0) writer.line(`* OK [UNSEEN ${unseen}] First unseen`)
  writer.line(`* OK [UIDVALIDITY ${mailbox.uidValidity}] UIDs valid`)
  writer.line(`* OK [UIDNEXT ${mailbox.uidNext}] Next UID`)
  writer.line(`* OK [HIGHESTMODSEQ ${mailbox.highestModSeq}] Highest`)
  writer.line(`* OK [MAILBOXID (${mailbox.id})] Object id`) // RFC 8474 section 4.2
  state.selected = selected
  return isReadOnly ? ok('EXAMINE completed', 'READ-ONLY') : ok('SELECT completed', 'READ-WRITE')
}

/** By pages, so that a large mailbox holds nobody up. */
async function findFirstUnseen(
  { memberships }: MailReader,
  { id, unreadEmails }: Mailbox,
): Promise<Uid | undefined> {
  if (unreadEmails === 0) return undefined
  let after: Uid | 0 = 0
  for (;;) {
    const page = await memberships.page(id, after, pageSize)
    const found = page.find(({ keywords }) => !keywords.includes('$seen'))
    if (found !== undefined) return found.uid
    const last = page.at(-1)
    if (last === undefined) return undefined
    after = last.uid
    await setImmediate()
  }
}
