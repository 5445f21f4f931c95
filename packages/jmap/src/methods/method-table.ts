import { capabilities } from '../protocol/request-object.ts'
import { emailChanges, mailboxChanges, threadChanges } from './changes-methods.ts'
import { emailGet } from './email-get.ts'
import { emailImport } from './email-import.ts'
import { emailParse } from './email-parse.ts'
import { emailQuery, queryChanges } from './email-query.ts'
import { emailSet } from './email-set.ts'
import { identityChanges } from './identity-changes.ts'
import { identityGet } from './identity-get.ts'
import { identitySet } from './identity-set.ts'
import { mailboxGet } from './mailbox-get.ts'
import { mailboxQuery } from './mailbox-query.ts'
import { mailboxSet } from './mailbox-set.ts'
import type { Method, MethodTable } from './method.ts'
import { submissionChanges, submissionGet, submissionQuery } from './submission-read.ts'
import { submissionSet } from './submission-set.ts'
import { threadGet } from './thread-get.ts'

// RFC 8620 section 4
const coreEcho: Method = { capability: capabilities.core, run: (args) => ({ args }) }

export const methodTable: MethodTable = new Map<string, Method>([
  ['Core/echo', coreEcho],
  ['Mailbox/get', mailboxGet],
  ['Mailbox/changes', mailboxChanges],
  ['Mailbox/query', mailboxQuery],
  ['Mailbox/queryChanges', queryChanges],
  ['Mailbox/set', mailboxSet],
  ['Thread/get', threadGet],
  ['Thread/changes', threadChanges],
  ['Email/get', emailGet],
  ['Email/changes', emailChanges],
  ['Email/query', emailQuery],
  ['Email/queryChanges', queryChanges],
  ['Email/set', emailSet],
  ['Email/import', emailImport],
  ['Email/parse', emailParse],
  ['Identity/get', identityGet],
  ['Identity/changes', identityChanges],
  ['Identity/set', identitySet],
  ['EmailSubmission/get', submissionGet],
  ['EmailSubmission/changes', submissionChanges],
  ['EmailSubmission/query', submissionQuery],
  ['EmailSubmission/set', submissionSet],
])
