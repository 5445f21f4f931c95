import { parallelSets } from '../../grammar/compact-set.ts'
import { parseSequenceSet } from '../../grammar/sequence-set.ts'
import { checkWritable } from '../check-writable.ts'
import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { no, ok } from '../imap-reply.ts'
import { findMailbox } from '../mailbox-tree.ts'
import { uidsOf } from '../message-set.ts'
import type { SelectedMailbox } from '../selected-mailbox.ts'
import { markExpunged } from '../sync-mailbox.ts'

// RFC 3501 section 6.4.7.
export const copy: Command = {
  name: 'COPY',
  when: 'selected',
  run: (context, selected) => transfer(context, selected, { op: 'copy', numbering: 'number' }),
}

export const uidCopy: Command = {
  name: 'UID COPY',
  when: 'selected',
  run: (context, selected) => transfer(context, selected, { op: 'copy', numbering: 'uid' }),
}

// RFC 6851: the EXPUNGE responses come after COPYUID, before the answer.
export const move: Command = {
  name: 'MOVE',
  when: 'selected',
  run: (context, selected) => transfer(context, selected, { op: 'move', numbering: 'number' }),
}

export const uidMove: Command = {
  name: 'UID MOVE',
  when: 'selected',
  run: (context, selected) => transfer(context, selected, { op: 'move', numbering: 'uid' }),
}

async function transfer(
  { args, ports, writer }: CommandContext,
  selected: SelectedMailbox,
  { op, numbering }: { readonly op: 'copy' | 'move'; readonly numbering: 'uid' | 'number' },
): Promise<CommandEnd> {
  const set = parseSequenceSet(args.next('The messages'))
  const path = args.mailboxName()
  args.end()
  if (op === 'move') checkWritable(selected)
  const uids = uidsOf(set, selected, numbering)
  const name = op.toUpperCase()
  // RFC 2180 section 4.4: the same whether this client has been told of the EXPUNGE or not.
  if (numbering === 'number') {
    await markExpunged(ports.store, selected)
    if (uids.some((uid) => selected.isGone(uid)))
      return no('Some of the messages are gone', 'EXPUNGEISSUED')
  }
  const target = await findMailbox(ports.store, {
    account: selected.accountId,
    path,
    orElse: 'imap.tryCreate',
  })
  const [result] = await ports.store.transact(selected.accountId, [
    { op, fromId: selected.id, toId: target.id, uids },
  ])
  if (result.uids.length === 0) return ok(`${name} completed, no messages`)
  const { from, to } = parallelSets(result.uids)
  const code = `COPYUID ${result.uidValidity} ${from} ${to}` // RFC 4315 section 3
  if (op === 'copy') return ok('COPY completed', code)
  writer.line(`* OK [${code}] Moved`)
  return ok('MOVE completed')
}
