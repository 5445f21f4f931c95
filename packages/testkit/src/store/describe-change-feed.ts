import type { StoreChange } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo } from './add-emails.ts'
import { addTestAccount, mailboxWithRole, type OpenStoreFixture } from './store-fixture.ts'

function fail(): never {
  throw new Error('a listener')
}

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

    it('tells who watches everything of every account and of the directory, before the caller goes on', async () => {
      await using store = await open()
      const told: StoreChange[] = []
      const end = store.changes.watch((change) => told.push(change))
      const [mine, theirs] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      expect(told).toContainEqual({ kind: 'directory' })
      for (const account of [mine, theirs]) {
        told.length = 0
        await addTo(store, account, [await mailboxWithRole(store, account, 'inbox')])
        const state = await store.mail.read(account.id, (reader) => reader.state)
        expect(told).toEqual([{ kind: 'account', account: account.id, state }])
      }
      const { directory } = store
      const { address } = theirs
      const changes = [
        () => directory.setPassword(address, { hash: 'other' }),
        () => directory.setRoles(address, ['admin']),
        () => directory.setQuota(address, { bytes: 1, emails: 1 }),
        () => directory.addAlias({ address: 'alias@example.test', target: address }),
        () => directory.deleteAlias('alias@example.test'),
        () => directory.deleteAccount(address),
      ]
      for (const change of changes) {
        told.length = 0
        await change()
        expect(told).toContainEqual({ kind: 'directory' })
      }
      end()
      told.length = 0
      await directory.setPassword(mine.address, { hash: 'other' })
      expect(told).toEqual([])
    })

    it('goes on when a listener throws', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const told: string[] = []
      store.changes.subscribe(account.id, fail)
      store.changes.watch(fail)
      store.changes.subscribe(account.id, () => told.push('account'))
      store.changes.watch(({ kind }) => told.push(kind))
      await addTo(store, account, [await mailboxWithRole(store, account, 'inbox')])
      await store.directory.setPassword(account.address, { hash: 'other' })
      expect(told.toSorted()).toEqual(['account', 'account', 'directory'])
    })
  })
}
