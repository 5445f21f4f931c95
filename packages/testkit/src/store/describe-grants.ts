/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import { type AccessGrant, allRights, type Right } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { login, principalOf, recordOf } from './principal-records.ts'
import { addTestAccount, mailboxWithRole, type OpenStoreFixture } from './store-fixture.ts'

/** The contract of roles and of access to the accounts of others, for any adapter. */
export function describeGrants(name: string, open: OpenStoreFixture): void {
  describe(`${name}: roles and grants`, () => {
    it('are what a login has from then on; what is taken away ends the logins before', async () => {
      await using store = await open()
      const { directory } = store
      const { address } = await addTestAccount(store)
      const stamp = async (): Promise<string | undefined> =>
        (await recordOf(directory)).credentials[0]?.stamp
      const before = await stamp()
      await directory.setRoles(address, ['admin'])
      expect((await recordOf(directory)).access.roles).toEqual(new Set(['admin']))
      expect(await stamp()).toBe(before)
      await directory.setRoles(address, [])
      expect((await recordOf(directory)).access.roles).toEqual(new Set())
      expect(await stamp()).not.toBe(before)
      await expect(directory.setRoles('you@example.test', [])).rejects.toMatchObject({
        code: 'account.notFound',
      })
    })

    it('are on an account or on a mailbox of it, until they are taken away', async () => {
      await using store = await open()
      const { directory } = store
      const me = await addTestAccount(store)
      const you = await addTestAccount(store, 'you')
      const sent = await mailboxWithRole(store, you, 'sent')
      const grant = { account: you.address, principal: login }
      const mine = async (): Promise<unknown> => (await recordOf(directory)).access.shared
      const stamps = async (): Promise<unknown> =>
        directory.loginStamps([await principalOf(directory, login)])
      const before = await stamps()
      await directory.setAccess({ ...grant, rights: new Set<Right>(['lookup', 'read']) })
      await directory.setAccess({ ...grant, mailbox: sent.id, rights: allRights })
      const account = { id: you.id, address: you.address }
      expect(await mine()).toEqual([
        {
          account,
          rights: new Set(['lookup', 'read']),
          mailboxes: new Map([[sent.id, allRights]]),
        },
      ])
      expect(await directory.listAccess(you.address)).toEqual([
        { ...grant, rights: new Set(['lookup', 'read']) },
        { ...grant, mailbox: sent.id, rights: allRights },
      ])
      expect(await directory.listAccess(me.address)).toEqual([])
      expect(await stamps()).toEqual(before)
      await directory.setAccess({ ...grant, rights: new Set() })
      expect(await mine()).toEqual([
        { account, rights: new Set(), mailboxes: new Map([[sent.id, allRights]]) },
      ])
      const narrowed = await stamps()
      expect(narrowed).not.toEqual(before)
      await directory.setAccess({ ...grant, mailbox: sent.id, rights: new Set(['read']) })
      expect(await stamps()).not.toEqual(narrowed)
      // As its record says.
      const record = await recordOf(directory)
      expect(await stamps()).toEqual(
        new Map([
          [record.access.principal.id, new Set(record.credentials.map((one) => one.stamp))],
        ]),
      )
    })

    it('end with the mailbox, with the account, and with the principal', async () => {
      await using store = await open()
      const { directory, mail } = store
      const [you, him] = [await addTestAccount(store, 'you'), await addTestAccount(store, 'him')]
      await addTestAccount(store)
      const [work] = await mail.transact(you.id, [
        { op: 'createMailbox', name: 'Work', parentId: null },
      ])
      const rights = new Set<Right>(['read'])
      const grants = [
        { account: you.address, mailbox: work.id, principal: login, rights },
        { account: him.address, principal: login, rights },
      ]
      for (const grant of grants) await directory.setAccess(grant)
      await mail.transact(you.id, [
        { op: 'destroyMailbox', mailboxId: work.id, removeEmails: true },
      ])
      expect(await directory.listAccess(you.address)).toEqual([])
      const shared = async (): Promise<unknown> =>
        (await recordOf(directory)).access.shared.map(({ account }) => account.address)
      expect(await shared()).toEqual([him.address])
      await directory.setAccess({ account: you.address, principal: login, rights })
      await directory.deleteAccount(him.address)
      expect(await shared()).toEqual([you.address])
      await directory.deleteAccount(login)
      expect(await directory.listAccess(you.address)).toEqual([])
    })

    it('are refused where they cannot be, with a code that says why', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      const you = await addTestAccount(store, 'you')
      const mine = await addTestAccount(store, 'mine')
      const foreign = await mailboxWithRole(store, mine, 'sent')
      const grant = { account: you.address, principal: login, rights: allRights }
      const failing = [
        [{ ...grant, account: login }, 'access.own'],
        [{ ...grant, account: 'nobody@example.test' }, 'account.notFound'],
        [{ ...grant, principal: 'nobody@example.test' }, 'account.notFound'],
        [{ ...grant, mailbox: 'm0' as typeof foreign.id }, 'mailbox.notFound'],
      ] as const
      for (const [one, code] of failing)
        await expect(directory.setAccess(one)).rejects.toMatchObject({ code })
      expect(await directory.listAccess(you.address)).toEqual([])
    })

    it('are a thousand at most', async () => {
      await using store = await open()
      const { directory, mail } = store
      await addTestAccount(store)
      const rights = new Set<Right>(['read'])
      const grantsOn = async (owner: string, count: number): Promise<AccessGrant[]> => {
        const { id, address: account } = await addTestAccount(store, owner)
        const made = await mail.transact(
          id,
          Array.from({ length: count }, (_, at) => ({
            op: 'createMailbox' as const,
            name: `${at}`,
            parentId: null,
          })),
        )
        return made.map((mailbox) => ({ account, mailbox: mailbox.id, principal: login, rights }))
      }
      const grants = [...(await grantsOn('you', 500)), ...(await grantsOn('him', 501))]
      const last = grants.pop() ?? expect.unreachable()
      await Promise.all(grants.map((grant) => directory.setAccess(grant)))
      await expect(directory.setAccess(last)).rejects.toMatchObject({ code: 'access.tooMany' })
      const { shared } = (await recordOf(directory)).access
      expect(shared.map(({ mailboxes }) => mailboxes.size)).toEqual([500, 500])
    })
  })
}
