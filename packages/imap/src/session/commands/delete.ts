import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { findMailbox } from '../mailbox-tree.ts'

// RFC 3501 section 6.3.4: with its emails; not while there are mailboxes below.
export const deleteMailbox: Command = {
  name: 'DELETE',
  when: 'authenticated',
  async run({ args, ports, state }, account) {
    const path = args.mailboxName()
    args.end()
    const { id } = findMailbox(ports.store, { account: account.id, path })
    await ports.store.transact(account.id, [
      { op: 'destroyMailbox', mailboxId: id, removeEmails: true },
    ])
    if (state.selected?.id === id) state.selected = undefined
    return ok('DELETE completed')
  },
}
