import { parseSequenceSet } from '../../grammar/sequence-set.ts'
import { checkWritable } from '../check-writable.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { uidsOf } from '../message-set.ts'

// RFC 3501 section 6.4.3. The EXPUNGE responses come with what else has changed, before the answer.
export const expunge: Command = {
  name: 'EXPUNGE',
  when: 'selected',
  async run({ args, ports }, selected) {
    args.end()
    checkWritable(selected)
    await ports.store.transact(selected.accountId, [
      { op: 'expunge', mailboxId: selected.id, onlyDeleted: true },
    ])
    return ok('EXPUNGE completed')
  },
}

// RFC 4315 section 2.1.
export const uidExpunge: Command = {
  name: 'UID EXPUNGE',
  when: 'selected',
  async run({ args, ports }, selected) {
    const set = parseSequenceSet(args.next('The UID set'))
    args.end()
    checkWritable(selected)
    await ports.store.transact(selected.accountId, [
      {
        op: 'expunge',
        mailboxId: selected.id,
        uids: uidsOf(set, selected, 'uid'),
        onlyDeleted: true,
      },
    ])
    return ok('EXPUNGE completed')
  },
}
