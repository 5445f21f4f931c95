import type { AccountName } from '@gatepost/core'

import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { ok } from '../imap-reply.ts'
import { readTree } from '../mailbox-tree.ts'

// RFC 3501 section 6.3.6.
export const subscribe: Command = {
  name: 'SUBSCRIBE',
  when: 'authenticated',
  run: (context, account) => setSubscribed(context, account, true),
}

// RFC 3501 section 6.3.7.
export const unsubscribe: Command = {
  name: 'UNSUBSCRIBE',
  when: 'authenticated',
  run: (context, account) => setSubscribed(context, account, false),
}

async function setSubscribed(
  { args, ports }: CommandContext,
  account: AccountName,
  isSubscribed: boolean,
): Promise<CommandEnd> {
  const path = args.mailboxName()
  args.end()
  const { id } = (await readTree(ports.store, account.id)).get(path)
  await ports.store.transact(account.id, [{ op: 'updateMailbox', mailboxId: id, isSubscribed }])
  return ok(`${isSubscribed ? 'SUBSCRIBE' : 'UNSUBSCRIBE'} completed`)
}
