import { capabilities } from '../protocol/request-object.ts'
import { mailboxGet } from './mailbox-get.ts'
import type { Method, MethodTable } from './method.ts'

// RFC 8620 section 4
const coreEcho: Method = { capability: capabilities.core, run: (args) => ({ args }) }

export const methodTable: MethodTable = new Map<string, Method>([
  ['Core/echo', coreEcho],
  ['Mailbox/get', mailboxGet],
])
