import type { MailboxId } from '@gatepost/core'

import { readEmailPatch, readKeywordSet } from '../mail/email-patch.ts'
import { parseUtcDate } from '../mail/jmap-date.ts'
import { invalidProperties, SetError } from '../protocol/set-error.ts'
import type { CallContext } from './call-context.ts'

/** Where a new email goes and how it is marked: the same in Email/set create and Email/import. */
export interface EmailPlacement {
  readonly mailboxIds: readonly MailboxId[]
  readonly keywords: readonly string[]
  /** Undefined: the client leaves it to us. */
  readonly receivedAt: number | undefined
}

/** @throws SetError invalidProperties, tooManyMailboxes, tooManyKeywords */
export function readPlacement(
  object: Readonly<Record<string, unknown>>,
  context: CallContext,
): EmailPlacement {
  const { mailboxIds: wanted } = readEmailPatch({ mailboxIds: object['mailboxIds'] }, (id) =>
    context.resolveId(id),
  )
  const mailboxIds = wanted !== undefined && 'set' in wanted ? (wanted.set as MailboxId[]) : []
  if (mailboxIds.length === 0) throw invalidProperties(['mailboxIds'], 'At least one mailbox')
  if (mailboxIds.length > context.services.limits.maxMailboxesPerEmail)
    throw new SetError({ type: 'tooManyMailboxes' })
  const given = object['receivedAt']
  const receivedAt = given === undefined || given === null ? undefined : parseUtcDate(given)
  if (receivedAt === undefined && given !== undefined && given !== null)
    throw invalidProperties(['receivedAt'], 'No UTCDate')
  return {
    mailboxIds,
    receivedAt,
    keywords: object['keywords'] === undefined ? [] : readKeywordSet(object['keywords']),
  }
}
