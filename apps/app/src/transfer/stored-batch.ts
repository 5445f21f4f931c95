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
): Promise<boolean> {
  return mail.read(account, async (reader) => {
    const [mailbox] = await reader.mailboxes.get([batch.mailboxId])
    if (mailbox === undefined) return false
    const since = await membershipsSince(reader, batch)
    const byUid = new Map(since.map((membership) => [Number(membership.uid), membership]))
    const hashes = await hashesOf(reader, since, batch)
    const isSame = (membership: Membership, message: JournaledMessage): boolean =>
      mayBe(membership, message) && hashes.get(membership.uid) === message.hash
    return since.some((membership) =>
      batch.messages.some((message, place) => {
        if (!isSame(membership, message)) return false
        const first = membership.uid - place
        if (first < batch.uidNext || first + batch.messages.length > mailbox.uidNext) return false
        return batch.messages.every((other, at) => {
          const there = byUid.get(first + at)
          return there === undefined || isSame(there, other)
        })
      }),
    )
  })
}

async function membershipsSince(
  { memberships }: MailReader,
  batch: JournaledBatch,
): Promise<Membership[]> {
  const found: Membership[] = []
  for (let after = batch.uidNext - 1; ;) {
    const page = await memberships.page(batch.mailboxId, after as Membership['uid'], pageSize)
    const last = page.at(-1)
    if (last === undefined) return found
    found.push(...page)
    after = last.uid
  }
}

/** By UID, of those that may be in the batch; one content at a time, since each may be large. */
async function hashesOf(
  { blobs }: MailReader,
  memberships: readonly Membership[],
  { messages }: JournaledBatch,
): Promise<ReadonlyMap<number, string>> {
  const hashes = new Map<number, string>()
  for (const membership of memberships) {
    if (!messages.some((message) => mayBe(membership, message))) continue
    const { uid, blobId: id, size } = membership
    const [content] = await blobs.ranges([{ id, start: 0, end: size }])
    if (content !== undefined) hashes.set(uid, hash('sha256', content))
  }
  return hashes
}

function mayBe(membership: Membership, message: JournaledMessage): boolean {
  return membership.size === message.size && membership.receivedAt === message.receivedAt
}
