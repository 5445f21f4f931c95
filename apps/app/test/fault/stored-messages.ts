import type { SqliteStore } from '@gatepost/store-sqlite'

import type { MessageState } from './ledger.ts'

export interface StoredMessage {
  readonly state: MessageState
  readonly keywords: readonly string[]
  /** From `Subject` on. */
  readonly content: string
}

/** Messages of the test by the name that is their subject, which begins with `r`. */
export function messagesOf(store: SqliteStore): Map<string, StoredMessage[]> {
  const found = new Map<string, StoredMessage[]>()
  const [account] = store.directory.listAccounts()
  if (account === undefined) return found
  store.mail.read(account.id, (reader) => {
    for (const { id, name } of reader.mailboxes.list()) {
      for (const { blobId, size, keywords } of pages(reader.memberships, id)) {
        const raw = reader.blobs.range(blobId, 0, size)?.toString('latin1') ?? ''
        const content = raw.slice(raw.search(/^Subject: /m))
        const subject = /^Subject: (\S+)/.exec(content)?.[1] ?? ''
        // What bounces is no message of ours.
        if (!subject.startsWith('r')) continue
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

type Memberships = Parameters<Parameters<SqliteStore['mail']['read']>[1]>[0]['memberships']

function* pages(
  memberships: Memberships,
  mailbox: Parameters<Memberships['page']>[0],
): Iterable<ReturnType<Memberships['page']>[number]> {
  for (let after: Parameters<Memberships['page']>[1] = 0; ;) {
    const page = memberships.page(mailbox, after, 1000)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.uid
  }
}
