import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { MailboxTree } from '../mailbox-tree.ts'

// RFC 3501 section 6.3.4: with its emails; not while there are mailboxes below.
export const deleteMailbox: Command = {
  name: 'DELETE',
  when: 'authenticated',
  async run({ args, ports, state }, account) {
    const path = args.mailboxName()
    args.end()
    const { id } = ports.store.read(account.id, (reader) =>
      new MailboxTree(reader.mailboxes.list()).get(path),
    )
    await ports.store.transact(account.id, [
      { op: 'destroyMailbox', mailboxId: id, removeEmails: true },
    ])
    if (state.selected?.id === id) state.selected = undefined
    return ok('DELETE completed')
  },
}
