/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { AccountId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTestAccount, type OpenStoreFixture } from './store-fixture.ts'

/** The contract of Directory and DirectoryAdmin, for any adapter. */
export function describeDirectory(name: string, open: OpenStoreFixture): void {
  describe(`${name}: Directory`, () => {
    it('resolves accounts, details, aliases and catch-alls, in this order', async () => {
      await using store = await open()
      const { directory } = store
      const [me, you] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      await directory.addAlias({ address: 'both@example.test', target: me.address })
      await directory.addAlias({ address: 'both@example.test', target: you.address })
      await directory.addAlias({ address: 'me+special@example.test', target: you.address })
      const resolved = (address: string): unknown => {
        const found = directory.resolve(address)
        return found.kind === 'local' ? found.accounts.map(({ id }) => id) : found.kind
      }
      expect(resolved('me@example.test')).toEqual([me.id])
      expect(resolved('me+tag@example.test')).toEqual([me.id])
      expect(resolved('me+special@example.test')).toEqual([you.id])
      expect(resolved('both@example.test')).toEqual([me.id, you.id])
      expect(resolved('both+tag@example.test')).toEqual([me.id, you.id])
      expect(resolved('nobody@example.test')).toBe('unknown')
      expect(resolved('me@foreign.test')).toBe('foreign')
      await directory.addAlias({ address: '@example.test', target: you.address })
      expect(resolved('nobody@example.test')).toEqual([you.id])
      expect(resolved('nobody@other.test')).toBe('unknown')
      await directory.deleteAlias('@example.test')
      expect(resolved('nobody@example.test')).toBe('unknown')
    })

    it('knows credentials, and forgets old passwords', async () => {
      await using store = await open()
      const { directory } = store
      const account = await directory.addAccount('ME@Example.Test', 'first')
      expect(directory.credential('me@example.test')).toEqual({ account, passwordHash: 'first' })
      await directory.setPassword('me@example.test', 'second')
      expect(directory.credential('me@example.test')?.passwordHash).toBe('second')
      expect(directory.credential('nobody@example.test')).toBeUndefined()
      expect(directory.account('a0' as AccountId)).toBeUndefined()
    })

    it('knows the account that was made first', async () => {
      await using store = await open()
      const { directory } = store
      expect(directory.firstAccount()).toBeUndefined()
      const { id } = await directory.addAccount('zoe@example.test', 'hash')
      await directory.addAccount('anna@example.test', 'hash')
      expect(directory.firstAccount()).toEqual({ id, address: 'zoe@example.test' })
    })

    it('finds accounts by their local part, in any domain, and no others', async () => {
      await using store = await open()
      const { directory } = store
      for (const address of ['me@example.test', 'me2@example.test', 'mea@example.test'])
        await directory.addAccount(address, 'hash')
      await directory.addAlias({ address: 'other@example.test', target: 'me@example.test' })
      expect(directory.namesWithLocalPart('me')).toEqual(['me@example.test'])
      await directory.addAccount('me@other.test', 'hash')
      expect(directory.namesWithLocalPart('me')).toEqual(['me@example.test', 'me@other.test'])
      for (const none of ['m', 'other', 'ME', '', '%', 'me@example.test'])
        expect(directory.namesWithLocalPart(none)).toEqual([])
    })

    it('lets an account send as its own addresses only', async () => {
      await using store = await open()
      const { directory } = store
      const [me, you] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      await directory.addAlias({ address: 'alias@other.test', target: me.address })
      expect(directory.addressesOf(me.id)).toEqual(['me@example.test', 'alias@other.test'])
      const may = (address: string): boolean => directory.maySendAs(me.id, address)
      expect(['me@example.test', 'me+x@example.test', 'alias+y@other.test'].map(may)).toEqual([
        true,
        true,
        true,
      ])
      expect(['you@example.test', 'any@other.test', '', 'nonsense'].map(may)).toEqual([
        false,
        false,
        false,
        false,
      ])
      await directory.addAlias({ address: '@other.test', target: me.address })
      expect(may('any@other.test')).toBe(true)
      expect(directory.maySendAs(you.id, 'any@other.test')).toBe(false)
      expect(directory.addressesOf(me.id)).toHaveLength(2)
    })

    it('lets the holder of a catch-all send as nobody else of the domain, nor as its postmaster', async () => {
      await using store = await open()
      const { directory } = store
      const [me, you] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      await directory.addAlias({ address: '@example.test', target: me.address })
      await directory.addAlias({ address: 'sales@example.test', target: you.address })
      await directory.addAlias({ address: 'me+special@example.test', target: you.address })
      const may = (address: string): boolean => directory.maySendAs(me.id, address)
      expect(['any@example.test', 'any+x@example.test', 'me+x@example.test'].map(may)).toEqual([
        true,
        true,
        true,
      ])
      const others = [
        'you',
        'you+x',
        'sales',
        'sales+x',
        'me+special',
        'postmaster',
        'abuse+x',
        'po\u017ftmaster',
        'ab\u200buse',
      ]
      expect(others.filter((local) => may(`${local}@example.test`))).toEqual([])
      await directory.addAlias({ address: 'postmaster@example.test', target: me.address })
      expect(may('postmaster@example.test')).toBe(true)
      await directory.addAlias({ address: 'sales@example.test', target: me.address })
      expect(may('sales@example.test')).toBe(true)
      await directory.deleteAccount(you.address)
      expect(may('you@example.test')).toBe(true)
    })

    it('refuses what cannot be, with a code that says what', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      await directory.addAlias({ address: 'alias@example.test', target: 'me@example.test' })
      const failing = [
        [() => directory.addAccount('me@example.test', 'x'), 'account.exists'],
        [() => directory.addAccount('alias@example.test', 'x'), 'alias.exists'],
        [() => directory.addAccount('me@foreign.test', 'x'), 'domain.notLocal'],
        [() => directory.setPassword('nobody@example.test', 'x'), 'account.notFound'],
        [() => directory.deleteAccount('nobody@example.test'), 'account.notFound'],
        [() => directory.deleteAlias('nobody@example.test'), 'alias.notFound'],
        [
          () => directory.addAlias({ address: 'alias@example.test', target: 'me@example.test' }),
          'alias.exists',
        ],
        [
          () => directory.addAlias({ address: 'x@example.test', target: 'alias@example.test' }),
          'alias.badTarget',
        ],
        [
          () => directory.addAlias({ address: 'x@foreign.test', target: 'me@example.test' }),
          'domain.notLocal',
        ],
      ] as const
      for (const [attempt, code] of failing) await expect(attempt()).rejects.toMatchObject({ code })
      await expect(directory.addAccount('no address', 'x')).rejects.toMatchObject({
        kind: 'invalid',
      })
    })

    it('deletes an account with its aliases, and never gives its id again', async () => {
      await using store = await open()
      const { directory } = store
      const account = await addTestAccount(store)
      await directory.addAlias({ address: 'alias@example.test', target: account.address })
      await directory.deleteAccount(account.address)
      expect(directory.listAccounts()).toEqual([])
      expect(directory.listAliases()).toEqual([])
      expect(directory.resolve(account.address)).toEqual({ kind: 'unknown' })
      const again = await addTestAccount(store)
      expect(again.id).not.toBe(account.id)
    })
  })
}
