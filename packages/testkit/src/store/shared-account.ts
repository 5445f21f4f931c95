/* oxlint-disable vitest/no-standalone-expect -- called by tests */
import type { Account, Mailbox, MailOp, PrincipalId, Uid } from '@gatepost/core'
import { expect } from 'vitest'

import type { By } from './mail-model.ts'
import {
  addTestAccount,
  type MailFixture,
  mailboxWithRole,
  type OpenMailFixture,
  testMessage,
} from './store-fixture.ts'

/** An account with INBOX, shared with a friend. */
export interface SharedAccount extends AsyncDisposable {
  readonly store: MailFixture
  readonly account: Account
  readonly friend: Account
  readonly viewer: PrincipalId
  readonly inbox: Mailbox
  /** Answers the UID in INBOX. */
  readonly add: (keywords: readonly string[], thread?: string) => Promise<Uid>
  readonly run: (viewer: By, ...ops: readonly MailOp[]) => Promise<readonly unknown[]>
  /** In INBOX, by UID. */
  readonly flags: (viewer: By) => Promise<Record<number, readonly string[]>>
  /** Unread emails and threads. */
  readonly counts: (viewer: By, mailbox?: Mailbox) => Promise<readonly [number, number]>
}

export async function openShared(open: OpenMailFixture): Promise<SharedAccount> {
  const store = await open()
  const account = await addTestAccount(store)
  const friend = await addTestAccount(store, 'friend')
  const inbox = await mailboxWithRole(store, account, 'inbox')
  let last = 0
  const { mail } = store
  const read = <T>(viewer: By, use: Parameters<typeof mail.read<T>>[1]): Promise<T> =>
    mail.read(account.id, use, { viewer })
  return {
    store,
    account,
    friend,
    inbox,
    viewer: await store.sharing.share(account, friend),
    add: async (keywords, thread) => {
      last += 1
      const content = testMessage({
        id: `${last}@x`,
        ...(thread === undefined ? {} : { references: [thread] }),
        body: `${last}`,
      })
      const [added] = await mail.transact(account.id, [
        { op: 'addEmail', content, mailboxIds: [inbox.id], keywords, receivedAt: last },
      ])
      return added.uids[0]?.uid ?? expect.unreachable()
    },
    run: (viewer, ...ops) => mail.transact(account.id, ops, { viewer }),
    flags: (viewer) =>
      read(viewer, async ({ memberships, emails }) => {
        const page = await memberships.page(inbox.id, 0, 100)
        const same = await memberships.get(
          inbox.id,
          page.map(({ uid }) => uid),
        )
        expect(same).toEqual(page)
        const found = await emails.get(page.map(({ emailId }) => emailId))
        expect(found.map(({ keywords }) => keywords)).toEqual(page.map(({ keywords }) => keywords))
        return Object.fromEntries(page.map(({ uid, keywords }) => [uid, keywords]))
      }),
    counts: (viewer, mailbox = inbox) =>
      read(viewer, async ({ mailboxes }) => {
        const [found] = await mailboxes.get([mailbox.id])
        const listed = (await mailboxes.list()).find(({ id }) => id === mailbox.id)
        expect(listed).toEqual(found)
        return [found?.unreadEmails ?? -1, found?.unreadThreads ?? -1]
      }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

export function flagging(
  { inbox }: SharedAccount,
  mode: 'add' | 'remove' | 'replace',
  uids: readonly Uid[],
  keywords: readonly string[] = ['$seen'],
): MailOp {
  return { op: 'updateFlags', mailboxId: inbox.id, uids, mode, keywords }
}
