import type { MailboxId } from '@gatepost/core'

import { capabilities } from '../protocol/request-object.ts'
import { mailboxProperties, viewMailbox } from './mailbox-view.ts'
import type { Method } from './method.ts'
import { answerGet } from './standard-get.ts'

const properties: ReadonlySet<string> = new Set(mailboxProperties)

// RFC 8621 section 2.1
export const mailboxGet: Method = {
  capability: capabilities.mail,
  run: (args, context) =>
    answerGet(args, context, {
      properties,
      hasAll: true,
      find: async ({ mailboxes }, ids) => {
        const found =
          ids === null ? await mailboxes.list() : await mailboxes.get(ids as MailboxId[])
        return found.map((mailbox) => viewMailbox(mailbox, context.served))
      },
    }),
}
