import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { readTree } from '../mailbox-tree.ts'

// RFC 3501 section 6.3.4: with its emails. With mailboxes below it stays as their parent, and cannot be deleted again.
export const deleteMailbox: Command = {
  name: 'DELETE',
  when: 'authenticated',
  async run({ args, ports, state }, account) {
    const path = args.mailboxName()
    args.end()
    const { id } = (await readTree(ports.store, account.id)).get(path)
    await ports.store.transact(account.id, [
      { op: 'destroyMailbox', mailboxId: id, removeEmails: true, keepsParent: true },
    ])
    if (state.selected?.id === id) state.selected = undefined
    return ok('DELETE completed')
  },
}
