import type { MailError } from '@gatepost/core'
import { plainProblem, ProblemError } from '@gatepost/http'

import { MethodError } from './method-error.ts'
import type { SetErrorObject } from './set-error.ts'

/** The whole call fails with it. */
export function toMethodError(error: MailError): MethodError {
  if (error.code === 'state.mismatch') return new MethodError('stateMismatch')
  if (error.code === 'account.notFound') return new MethodError('accountNotFound')
  switch (error.kind) {
    case 'invalid':
    case 'conflict':
    case 'denied':
    case 'notFound':
      return new MethodError('invalidArguments', error.publicText)
    case 'limit':
      return new MethodError('requestTooLarge', error.publicText)
    case 'busy':
      return new MethodError('serverUnavailable', error.publicText)
    case 'failed':
      return new MethodError('serverFail', error.publicText)
  }
}

const byCode: Readonly<Record<string, SetErrorObject>> = {
  'email.notFound': { type: 'notFound' },
  'email.noMailbox': { type: 'invalidProperties', properties: ['mailboxIds'] },
  'email.tooManyMailboxes': { type: 'tooManyMailboxes' },
  'blob.notFound': { type: 'blobNotFound' },
  'quota.exceeded': { type: 'overQuota' },
  'record.tooLarge': { type: 'tooLarge' },
  'mailbox.exists': { type: 'alreadyExists' },
  'mailbox.badName': { type: 'invalidProperties', properties: ['name'] },
  'mailbox.tooDeep': { type: 'invalidProperties', properties: ['parentId'] },
  'mailbox.loop': { type: 'invalidProperties', properties: ['parentId'] },
  'mailbox.roleTaken': { type: 'invalidProperties', properties: ['role'] },
  'mailbox.tooMany': { type: 'overQuota' },
  'mailbox.isInbox': { type: 'forbidden' },
  'mailbox.hasChild': { type: 'mailboxHasChild' },
  'mailbox.hasEmail': { type: 'mailboxHasEmail' },
}

/**
 * One object of a /set fails with it; undefined: it is no matter of one object, the call fails.
 * `mailboxProperty` is the property by which the object names a mailbox: that is what a missing one is blamed on.
 */
export function toSetError(
  error: MailError,
  mailboxProperty: 'mailboxIds' | 'parentId',
): SetErrorObject | undefined {
  if (error.code === 'state.mismatch' || error.code === 'account.notFound') return undefined
  const description = error.publicText
  if (error.code === 'mailbox.notFound')
    return { type: 'invalidProperties', properties: [mailboxProperty], description }
  const known = byCode[error.code]
  if (known !== undefined) return { ...known, description }
  switch (error.kind) {
    case 'invalid':
    case 'conflict':
      return { type: 'invalidProperties', description }
    case 'denied':
      return { type: 'forbidden', description }
    case 'notFound':
      return { type: 'notFound', description }
    case 'limit':
      return { type: 'overQuota', description }
    case 'busy':
    case 'failed':
      return undefined
  }
}

/** The whole HTTP request fails with it: an upload, a download. */
export function toProblem(error: MailError): ProblemError {
  const { publicText: detail } = error
  // 507 is what says that a quota is full (RFC 4331 section 6); 413 would say that this file is too large. The type has the name of RFC 8620
  // section 5.3, since section 6.1 has none; it is no `limit` of section 3.6.1, which only who exceeds limits runs into.
  if (error.code === 'quota.exceeded')
    return new ProblemError({
      type: 'urn:ietf:params:jmap:error:overQuota',
      status: 507,
      title: 'The account is over its quota',
      detail,
    })
  switch (error.kind) {
    case 'invalid':
    case 'conflict':
      return plainProblem(400, 'Bad request', { detail })
    case 'denied':
      return plainProblem(403, 'Not allowed', { detail })
    case 'notFound':
      return plainProblem(404, 'Not found', { detail })
    case 'limit':
      return plainProblem(413, 'Too large', { detail })
    case 'busy':
      return plainProblem(503, 'Not now', { detail, headers: { 'retry-after': '5' } })
    case 'failed':
      return plainProblem(500, 'Something broke on our side')
  }
}
