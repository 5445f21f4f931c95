import { hash } from 'node:crypto'

import type { AccountId, MailReader, Membership, MailStore } from '@gatepost/core'

import type { JournaledBatch, JournaledMessage } from './import-journal.ts'

const pageSize = 500

/**
 * Whether the messages of a batch are in its mailbox. They came in one transaction, with UIDs in a row, all or none: one that is found, with nothing
 * in the row that is not of the batch, means all. Others may have come in between, and some of the batch may have been moved away since.
 */
export function isStored(
  { mail, account }: { readonly mail: Pick<MailStore, 'read'>; readonly account: AccountId },
  batch: JournaledBatch,
): boolean {
  return mail.read(account, (reader) => {
    const mailbox = reader.mailboxes.get(batch.mailboxId)
    if (mailbox === undefined) return false
    const since = membershipsSince(reader, batch)
    const byUid = new Map(since.map((membership) => [Number(membership.uid), membership]))
    return since.some((membership) =>
      batch.messages.some((message, place) => {
        if (!isSame(reader, membership, message)) return false
        const first = membership.uid - place
        if (first < batch.uidNext || first + batch.messages.length > mailbox.uidNext) return false
        return batch.messages.every((other, at) => {
          const there = byUid.get(first + at)
          return there === undefined || isSame(reader, there, other)
        })
      }),
    )
  })
}

function membershipsSince(reader: MailReader, batch: JournaledBatch): Membership[] {
  const found: Membership[] = []
  for (let after = batch.uidNext - 1; ;) {
    const page = reader.memberships.page(batch.mailboxId, after as Membership['uid'], pageSize)
    const last = page.at(-1)
    if (last === undefined) return found
    found.push(...page)
    after = last.uid
  }
}

function isSame(reader: MailReader, membership: Membership, message: JournaledMessage): boolean {
  if (membership.size !== message.size || membership.receivedAt !== message.receivedAt) return false
  const content = reader.blobs.range(membership.blobId, 0, membership.size)
  return content !== undefined && hash('sha256', content) === message.hash
}
