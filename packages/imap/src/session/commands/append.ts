import { MailError } from '@gatepost/core'

import type { Argument } from '../../grammar/argument.ts'
import { parseFlagList } from '../../grammar/flags.ts'
import { parseDateTime } from '../../grammar/internal-date.ts'
import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { findMailbox } from '../mailbox-tree.ts'

// RFC 3501 section 6.3.11.
export const append: Command = {
  name: 'APPEND',
  when: 'authenticated',
  async run({ args, ports, contentOf }, account) {
    const path = args.mailboxName()
    const { keywords, isDeleted } = parseFlagList(args.optionalList() ?? [])
    const date = args.peek()?.kind === 'string' ? parseDateTime(args.next('The date')) : undefined
    const literal = messageOf(args.next('The message'))
    args.end()
    const content = await contentOf(literal)
    const { id } = await findMailbox(ports.store, {
      account: account.id,
      path,
      orElse: 'imap.tryCreate',
    })
    const [added] = await ports.store.transact(account.id, [
      {
        op: 'addEmail',
        content,
        mailboxIds: [id],
        keywords,
        isDeleted,
        receivedAt: date?.at ?? ports.clock.now(),
        zoneMinutes: date?.zoneMinutes ?? 0,
      },
    ])
    const [place] = added.uids
    // RFC 4315 section 3.
    return ok('APPEND completed', `APPENDUID ${place?.uidValidity} ${place?.uid}`)
  },
}

function messageOf(argument: Argument): Buffer {
  if (argument.kind !== 'bytes') throw syntaxError('The message is not a literal')
  // RFC 3502 section 6.3.11: an empty literal cancels the command, which is answered with NO.
  if (argument.bytes.length === 0)
    throw new MailError('invalid', 'imap.emptyMessage', 'An empty message cannot be stored')
  return argument.bytes
}
