import type { Account, AddedEmail, EmailId, Mailbox, Uid } from '@gatepost/core'

import { type MailFixture, testMessage, uidsOfMailbox } from './store-fixture.ts'

export interface AddOptions {
  readonly content?: Uint8Array
  readonly keywords?: readonly string[]
  readonly isDeleted?: boolean
  readonly receivedAt?: number
}

export async function addTo(
  store: MailFixture,
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

export function uidsIn(store: MailFixture, account: Account, mailbox: Mailbox): Promise<Uid[]> {
  return store.mail.read(account.id, (reader) => uidsOfMailbox(reader, mailbox.id))
}

export async function keywordsOf(
  store: MailFixture,
  account: Account,
  email: EmailId,
): Promise<readonly string[]> {
  const [found] = await store.mail.read(account.id, ({ emails }) => emails.get([email]))
  return found?.keywords ?? []
}
