import type { MailboxId, MailReader, Membership } from '@gatepost/core'
import type { SqliteStore } from '@gatepost/store-sqlite'

import type { MessageState } from './ledger.ts'

export interface StoredMessage {
  readonly state: MessageState
  readonly keywords: readonly string[]
  /** From `Subject` on. */
  readonly content: string
}

/** Messages of the test by the name that is their subject, which begins with `r`. */
export async function messagesOf(store: SqliteStore): Promise<Map<string, StoredMessage[]>> {
  const found = new Map<string, StoredMessage[]>()
  const [account] = await store.directory.listAccounts()
  if (account === undefined) return found
  await store.mail.read(account.id, async (reader) => {
    for (const { id, name } of await reader.mailboxes.list()) {
      for await (const { membership, content: raw } of messagesIn(reader, id)) {
        const content = raw.slice(raw.search(/^Subject: /m))
        const subject = /^Subject: (\S+)/.exec(content)?.[1] ?? ''
        // What bounces is no message of ours.
        if (!subject.startsWith('r')) continue
        const { keywords } = membership
        const state = {
          place: name as MessageState['place'],
          isFlagged: keywords.includes('$flagged'),
        }
        found.set(subject, [...(found.get(subject) ?? []), { state, keywords, content }])
      }
    }
  })
  return found
}

async function* messagesIn(
  { memberships, blobs }: MailReader,
  mailbox: MailboxId,
): AsyncIterable<{ readonly membership: Membership; readonly content: string }> {
  for (let after: Membership['uid'] | 0 = 0; ;) {
    const page = await memberships.page(mailbox, after, 1000)
    const ranges = page.map(({ blobId: id, size }) => ({ id, start: 0, end: size }))
    const contents = await blobs.ranges(ranges)
    for (const [at, membership] of page.entries())
      yield { membership, content: contents[at]?.toString('latin1') ?? '' }
    const last = page.at(-1)
    if (last === undefined) return
    after = last.uid
  }
}
