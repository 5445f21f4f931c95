import type { Account, AddedEmail, EmailId, Mailbox, Uid } from '@gatepost/core'

import { type StoreFixture, testMessage } from './store-fixture.ts'

export interface AddOptions {
  readonly content?: Uint8Array
  readonly keywords?: readonly string[]
  readonly isDeleted?: boolean
  readonly receivedAt?: number
}

export async function addTo(
  store: StoreFixture,
  account: Account,
  mailboxes: readonly Mailbox[],
  options: AddOptions = {},
): Promise<AddedEmail> {
  const [added] = await store.mail.transact(account.id, [
    {
      op: 'addEmail',
      content: options.content ?? testMessage(),
      mailboxIds: mailboxes.map((mailbox) => mailbox.id),
      keywords: options.keywords ?? [],
      receivedAt: options.receivedAt ?? 1_000,
      ...(options.isDeleted === undefined ? {} : { isDeleted: options.isDeleted }),
    },
  ])
  return added
}

export function uidsOf(...values: number[]): Uid[] {
  return values as Uid[]
}

export function uidsIn(store: StoreFixture, account: Account, mailbox: Mailbox): Uid[] {
  return store.mail.read(account.id, ({ memberships }) => memberships.uids(mailbox.id))
}

export function keywordsOf(
  store: StoreFixture,
  account: Account,
  email: EmailId,
): readonly string[] {
  return store.mail.read(account.id, ({ emails }) => emails.get([email])[0]?.keywords ?? [])
}
