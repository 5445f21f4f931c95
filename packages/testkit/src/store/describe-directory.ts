/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type { AccountId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { describeGrants } from './describe-grants.ts'
import { describePrincipals } from './describe-principals.ts'
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
      const wanted = new Map<string, unknown>([
        ['me@example.test', [me.id]],
        ['me+tag@example.test', [me.id]],
        ['me+special@example.test', [you.id]],
        ['both@example.test', [me.id, you.id]],
        ['both+tag@example.test', [me.id, you.id]],
        ['nobody@example.test', 'unknown'],
        ['nobody@other.test', 'unknown'],
        ['me@foreign.test', 'foreign'],
        ['no address', 'foreign'],
      ])
      const resolved = async (): Promise<unknown> =>
        new Map(
          [...(await directory.resolve([...wanted.keys()]))].map(([address, found]) => [
            address,
            found.kind === 'local' ? found.accounts.map(({ id }) => id) : found.kind,
          ]),
        )
      expect(await resolved()).toEqual(wanted)
      await directory.addAlias({ address: '@example.test', target: you.address })
      expect(await resolved()).toEqual(new Map(wanted).set('nobody@example.test', [you.id]))
      await directory.deleteAlias('@example.test')
      expect(await resolved()).toEqual(wanted)
      expect(await directory.resolve([])).toEqual(new Map())
    })

    it('resolves a thousand addresses at once', async () => {
      await using store = await open()
      const { id, address } = await addTestAccount(store)
      const nobodies = Array.from({ length: 999 }, (_, at) => `nobody${at}@example.test`)
      const resolved = await store.directory.resolve([...nobodies, address])
      expect(resolved.get(address)).toEqual({ kind: 'local', accounts: [{ id, address }] })
      expect(nobodies.filter((one) => resolved.get(one)?.kind !== 'unknown')).toEqual([])
    })

    it('knows its domains, in either form', async () => {
      await using store = await open()
      const isLocal = (domain: string): Promise<boolean> => store.directory.isLocalDomain(domain)
      expect(await isLocal('example.test')).toBe(true)
      expect(await isLocal('EXAMPLE.test')).toBe(true)
      expect(await isLocal('foreign.test')).toBe(false)
      expect(await isLocal('')).toBe(false)
    })

    it('takes mail for a domain from when it is added, and no more when it is deleted', async () => {
      await using store = await open()
      const { directory } = store
      const names = async (): Promise<string[]> =>
        (await directory.domains()).map((domain) => domain.name)
      await expect(directory.addAccount('me@bücher.test', { hash: 'x' })).rejects.toMatchObject({
        code: 'domain.notLocal',
      })
      store.setNow(1_800_000_000_000)
      await directory.addDomain('Bücher.Test')
      expect(await names()).toEqual(['example.test', 'other.test', 'xn--bcher-kva.test'])
      expect((await directory.domains()).at(-1)?.createdAt).toBe(1_800_000_000_000)
      expect(await directory.isLocalDomain('bücher.test')).toBe(true)
      const { id, address } = await directory.addAccount('me@bücher.test', { hash: 'x' })
      const resolved = await directory.resolve(['me@xn--bcher-kva.test'])
      expect(resolved.get(address)).toEqual({ kind: 'local', accounts: [{ id, address }] })
      await directory.deleteAccount(address)
      await directory.deleteDomain('xn--bcher-kva.test')
      expect(await names()).toEqual(['example.test', 'other.test'])
      expect((await directory.resolve([address])).get(address)).toEqual({ kind: 'foreign' })
    })

    it('deletes no domain that somebody has an address in', async () => {
      await using store = await open()
      const { directory } = store
      const { address } = await addTestAccount(store)
      await directory.addAlias({ address: '@other.test', target: address })
      for (const domain of ['example.test', 'other.test'])
        await expect(directory.deleteDomain(domain)).rejects.toMatchObject({ code: 'domain.inUse' })
      await directory.addDomain('le.test')
      await directory.deleteDomain('le.test')
      await directory.deleteAlias('@other.test')
      await directory.deleteDomain('other.test')
      expect(await directory.isLocalDomain('other.test')).toBe(false)
    })

    it('tells of accounts what they are now, and leaves out those that are not there', async () => {
      await using store = await open()
      const { directory } = store
      const [me, you] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      await directory.setQuota(you.address, { bytes: 9, emails: 3 })
      const found = await directory.accounts([you.id, me.id, 'a0' as AccountId])
      expect(found.get(me.id)).toEqual(me)
      expect(found.get(you.id)).toEqual({ ...you, quota: { bytes: 9, emails: 3 } })
      expect(found.size).toBe(2)
    })

    it('knows the account that was made first', async () => {
      await using store = await open()
      const { directory } = store
      expect(await directory.firstAccount()).toBeUndefined()
      const { id } = await directory.addAccount('zoe@example.test', { hash: 'hash' })
      await directory.addAccount('anna@example.test', { hash: 'hash' })
      expect(await directory.firstAccount()).toEqual({ id, address: 'zoe@example.test' })
    })

    it('lets an account send as its own addresses only', async () => {
      await using store = await open()
      const { directory } = store
      const [me, you] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      await directory.addAlias({ address: 'alias@other.test', target: me.address })
      expect(await directory.addressesOf(me.id)).toEqual(['me@example.test', 'alias@other.test'])
      const own = ['me@example.test', 'me+x@example.test', 'alias+y@other.test']
      const foreign = ['you@example.test', 'any@other.test', '', 'nonsense']
      const asMe = (): Promise<unknown> => directory.maySendAs(me.id, [...own, ...foreign])
      expect(await asMe()).toEqual(new Set(own))
      await directory.addAlias({ address: '@other.test', target: me.address })
      expect(await asMe()).toEqual(new Set([...own, 'any@other.test']))
      expect(await directory.maySendAs(you.id, ['any@other.test'])).toEqual(new Set())
      expect(await directory.addressesOf(me.id)).toHaveLength(2)
    })

    it('lets the holder of a catch-all send as nobody else of the domain, nor as its postmaster', async () => {
      await using store = await open()
      const { directory } = store
      const [me, you] = [await addTestAccount(store), await addTestAccount(store, 'you')]
      await directory.addAlias({ address: '@example.test', target: me.address })
      await directory.addAlias({ address: 'sales@example.test', target: you.address })
      await directory.addAlias({ address: 'me+special@example.test', target: you.address })
      const may = async (...locals: string[]): Promise<string[]> => {
        const addresses = locals.map((local) => `${local}@example.test`)
        return [...(await directory.maySendAs(me.id, addresses))].map(
          (one) => one.split('@')[0] ?? '',
        )
      }
      expect(await may('any', 'any+x', 'me+x')).toEqual(['any', 'any+x', 'me+x'])
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
      expect(await may(...others)).toEqual([])
      await directory.addAlias({ address: 'postmaster@example.test', target: me.address })
      expect(await may('postmaster')).toEqual(['postmaster'])
      await directory.addAlias({ address: 'sales@example.test', target: me.address })
      expect(await may('sales')).toEqual(['sales'])
      await directory.deleteAccount(you.address)
      expect(await may('you')).toEqual(['you'])
    })

    it('refuses what cannot be, with a code that says what', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      await directory.addAlias({ address: 'alias@example.test', target: 'me@example.test' })
      const failing = [
        [() => directory.addAccount('me@example.test', { hash: 'x' }), 'account.exists'],
        [() => directory.addAccount('alias@example.test', { hash: 'x' }), 'alias.exists'],
        [() => directory.addAccount('me@foreign.test', { hash: 'x' }), 'domain.notLocal'],
        [() => directory.addDomain('EXAMPLE.test'), 'domain.exists'],
        [() => directory.addDomain('no domain'), 'domain.invalid'],
        [() => directory.deleteDomain('foreign.test'), 'domain.notFound'],
        [() => directory.setPassword('nobody@example.test', { hash: 'x' }), 'account.notFound'],
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
      await expect(directory.addAccount('no address', { hash: 'x' })).rejects.toMatchObject({
        kind: 'invalid',
      })
    })

    it('deletes an account with its aliases, and never gives its id again', async () => {
      await using store = await open()
      const { directory } = store
      const account = await addTestAccount(store)
      await directory.addAlias({ address: 'alias@example.test', target: account.address })
      await directory.deleteAccount(account.address)
      expect(await directory.listAccounts()).toEqual([])
      expect(await directory.listAliases()).toEqual([])
      const resolved = await directory.resolve([account.address])
      expect(resolved.get(account.address)).toEqual({ kind: 'unknown' })
      expect(await directory.addressesOf(account.id)).toEqual([])
      const again = await addTestAccount(store)
      expect(again.id).not.toBe(account.id)
    })
  })
  describePrincipals(name, open)
  describeGrants(name, open)
}
