import { MailError } from '@gatepost/core'

import { joinPath, splitPath } from '../../grammar/mailbox-name.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { readTree } from '../mailbox-tree.ts'
import { createLevels, missingLevels } from './create.ts'

// RFC 3501 section 6.3.5. Of INBOX the messages move and INBOX stays.
export const rename: Command = {
  name: 'RENAME',
  when: 'authenticated',
  async run({ args, ports }, account) {
    const from = args.mailboxName()
    const names = splitPath(args.mailboxName())
    args.end()
    const { store } = ports
    const tree = readTree(store, account.id)
    const mailbox = tree.get(from)
    if (tree.find(joinPath(names)) !== undefined)
      throw new MailError('conflict', 'mailbox.exists', 'A mailbox with this name exists')
    const { parentId, missing } = missingLevels(tree, names)
    if (mailbox.role === 'inbox') {
      const toId = await createLevels(ports, account, { parentId, names: missing })
      const uids = store.read(account.id, (reader) => reader.memberships.uids(mailbox.id))
      if (toId !== null)
        await store.transact(account.id, [{ op: 'move', fromId: mailbox.id, toId, uids }])
      return ok('RENAME completed')
    }
    const parent = await createLevels(ports, account, { parentId, names: missing.slice(0, -1) })
    const name = names.at(-1) ?? ''
    await store.transact(account.id, [
      { op: 'updateMailbox', mailboxId: mailbox.id, name, parentId: parent },
    ])
    return ok('RENAME completed')
  },
}
