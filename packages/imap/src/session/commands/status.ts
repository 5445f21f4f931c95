import type { Mailbox } from '@gatepost/core'

import { encodeMailboxName } from '../../grammar/mailbox-name.ts'
import { quote } from '../../grammar/response-text.ts'
import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { findMailbox } from '../mailbox-tree.ts'

/** RFC 3501 section 6.3.10, RFC 7162 section 3.1.7, RFC 8438, RFC 8474 section 4.3. */
const items: Readonly<Record<string, (mailbox: Mailbox) => string | number>> = {
  MESSAGES: ({ totalEmails }) => totalEmails,
  RECENT: () => 0,
  UIDNEXT: ({ uidNext }) => uidNext,
  UIDVALIDITY: ({ uidValidity }) => uidValidity,
  UNSEEN: ({ unreadEmails }) => unreadEmails,
  DELETED: ({ deletedEmails }) => deletedEmails,
  SIZE: ({ totalBytes }) => totalBytes,
  HIGHESTMODSEQ: ({ highestModSeq }) => highestModSeq,
  MAILBOXID: ({ id }) => `(${id})`,
}

export const status: Command = {
  name: 'STATUS',
  when: 'authenticated',
  async run({ args, ports, state, writer }, account) {
    const path = args.mailboxName()
    const asked = args.list('The list of status items').map((argument) => {
      const name = argument.kind === 'atom' ? argument.text.toUpperCase() : ''
      const read = items[name]
      if (read === undefined) throw syntaxError('Unknown status item')
      return { name, read }
    })
    args.end()
    if (asked.length === 0) throw syntaxError('STATUS asks for at least one item')
    // RFC 7162 section 3.1: asking for it is enabling.
    if (asked.some(({ name }) => name === 'HIGHESTMODSEQ')) state.isCondstoreEnabled = true
    const mailbox = await findMailbox(ports.store, { account: account.id, path })
    const values = asked.map(({ name, read }) => `${name} ${read(mailbox)}`)
    writer.line(`* STATUS ${quote(encodeMailboxName(path))} (${values.join(' ')})`)
    return ok('STATUS completed')
  },
}
