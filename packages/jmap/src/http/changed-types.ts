import {
  CANNOT_CALCULATE_CHANGES,
  type CannotCalculateChanges,
  type IdChanges,
  type MailReader,
  type ModSeq,
} from '@gatepost/core'

import { identityType } from '../methods/identities.ts'
import type { PushType } from './push-query.ts'

/** New mail among so many changes is found; beyond, it is taken for granted. */
const looked = 256

/** Which types changed after a state: what a StateChange names (RFC 8620 section 7.1, RFC 8621 section 1.5). */
export async function changedTypes(
  { changes }: MailReader,
  since: ModSeq,
): Promise<ReadonlySet<PushType>> {
  const [mailboxes, emails, threads, identities] = await Promise.all([
    changes.mailboxes(since, 1),
    changes.emails(since, looked),
    changes.threads(since, 1),
    changes.records(identityType, since, 1),
  ])
  const changed = new Set<PushType>()
  if (hasAny(mailboxes)) changed.add('Mailbox')
  if (hasAny(threads)) changed.add('Thread')
  if (hasAny(emails)) changed.add('Email')
  if (hasAny(identities)) changed.add('Identity')
  if (emails === CANNOT_CALCULATE_CHANGES || emails.hasMore || emails.created.length > 0)
    changed.add('EmailDelivery')
  return changed
}

function hasAny(changes: IdChanges<string> | CannotCalculateChanges): boolean {
  if (changes === CANNOT_CALCULATE_CHANGES) return true
  const { created, updated, destroyed, hasMore } = changes
  return hasMore || created.length + updated.length + destroyed.length > 0
}
