import { capabilities } from '../protocol/request-object.ts'
import type { Method } from './method.ts'
import { answerChanges } from './standard-changes.ts'

/** What changes when mail comes and is read. */
const countProperties = ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads']

// RFC 8621 section 2.2
export const mailboxChanges: Method = {
  capability: capabilities.mail,
  run: (args, context) =>
    answerChanges(
      args,
      context,
      (reader, since, limit) => reader.changes.mailboxes(since, limit),
      ({ isCountsOnly }) => ({ updatedProperties: isCountsOnly ? countProperties : null }),
    ),
}

// RFC 8621 section 3.2
export const threadChanges: Method = {
  capability: capabilities.mail,
  run: (args, context) =>
    answerChanges(args, context, (reader, since, limit) => reader.changes.threads(since, limit)),
}

// RFC 8621 section 4.3
export const emailChanges: Method = {
  capability: capabilities.mail,
  run: (args, context) =>
    answerChanges(args, context, (reader, since, limit) => reader.changes.emails(since, limit)),
}
