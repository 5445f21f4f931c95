import { describe, expect, it } from 'vitest'

import { addTo } from './add-emails.ts'
import { addTestAccount, mailboxWithRole, type OpenStoreFixture } from './store-fixture.ts'

/** The contract of ChangeFeed, for any adapter. */
export function describeChangeFeed(name: string, open: OpenStoreFixture): void {
  describe(`${name}: ChangeFeed`, () => {
    it('tells subscribers before the caller goes on, and nobody else', async () => {
      await using store = await open()
      const [mine, theirs] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      const told: [string, number][] = []
      store.changes.subscribe(mine.id, (state) => told.push(['mine', state]))
      store.changes.subscribe(theirs.id, (state) => told.push(['theirs', state]))
      await addTo(store, mine, [await mailboxWithRole(store, mine, 'inbox')])
      const state = await store.mail.read(mine.id, (reader) => reader.state)
      expect(told).toEqual([['mine', state]])
      await store.mail.deliver({
        content: Buffer.from('x'),
        receivedAt: 1,
        local: [{ accountId: theirs.id, role: 'inbox', keywords: [] }],
      })
      expect(told.map(([who]) => who)).toEqual(['mine', 'theirs'])
    })

    it('says nothing when nothing changed, or after the end of the subscription', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const told: number[] = []
      const end = store.changes.subscribe(account.id, (state) => told.push(state))
      const update = { op: 'updateMailbox', mailboxId: inbox.id } as const
      await store.mail.transact(account.id, [{ ...update, name: 'INBOX' }])
      expect(told).toEqual([])
      end()
      await store.mail.transact(account.id, [{ ...update, sortOrder: 9 }])
      expect(told).toEqual([])
    })

    it('tells of the end of an account', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const told: number[] = []
      store.changes.subscribe(account.id, (state) => told.push(state))
      await store.directory.deleteAccount(account.address)
      expect(told).toHaveLength(1)
      await expect(store.mail.read(account.id, () => undefined)).rejects.toMatchObject({
        code: 'account.notFound',
      })
    })
  })
}
