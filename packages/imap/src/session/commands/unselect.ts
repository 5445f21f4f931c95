import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 3691.
export const unselect: Command = {
  name: 'UNSELECT',
  when: 'selected',
  run({ args, state }) {
    args.end()
    state.selected = undefined
    return ok('UNSELECT completed')
  },
}

// RFC 3501 section 6.4.2: removes what is marked \Deleted, without saying so.
export const close: Command = {
  name: 'CLOSE',
  when: 'selected',
  async run({ args, state, ports }, { accountId, id, isReadOnly }) {
    args.end()
    if (!isReadOnly)
      await ports.store.transact(accountId, [{ op: 'expunge', mailboxId: id, onlyDeleted: true }])
    state.selected = undefined
    return ok('CLOSE completed')
  },
}
