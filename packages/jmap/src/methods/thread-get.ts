import type { ThreadId } from '@gatepost/core'

import { capabilities } from '../protocol/request-object.ts'
import type { Method } from './method.ts'
import { answerGet } from './standard-get.ts'

const properties: ReadonlySet<string> = new Set(['id', 'emailIds'])

// RFC 8621 section 3.1
export const threadGet: Method = {
  capability: capabilities.mail,
  run: (args, context) =>
    answerGet(args, context, {
      properties,
      hasAll: false,
      find: async ({ emails }, ids) => {
        const threads = await emails.threads((ids ?? []) as ThreadId[])
        return [...threads].map(([id, emailIds]) => ({ id, emailIds }))
      },
    }),
}
