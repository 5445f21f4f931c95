import { splitPath } from '../../grammar/mailbox-name.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { readTree } from '../mailbox-tree.ts'
import { createAt, placeFor } from './create.ts'

// RFC 3501 section 6.3.5. Of INBOX the messages move and INBOX stays.
export const rename: Command = {
  name: 'RENAME',
  when: 'authenticated',
  async run({ args, ports }, account) {
    const from = args.mailboxName()
    const names = splitPath(args.mailboxName())
    args.end()
    const { store } = ports
    const tree = await readTree(store, account.id)
    const mailbox = tree.get(from)
    const place = placeFor(tree, names)
    if (mailbox.role === 'inbox') {
      await createAt(ports, account, { ...place, role: null, emailsFrom: mailbox.id })
      return ok('RENAME completed')
    }
    const { parentId, levels, name } = place
    await store.transact(account.id, [
      { op: 'updateMailbox', mailboxId: mailbox.id, name, parentId, levels },
    ])
    return ok('RENAME completed')
  },
}
