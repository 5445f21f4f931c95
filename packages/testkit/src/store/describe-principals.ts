/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import {
  type AccessGrant,
  type Account,
  allRights,
  type Credential,
  type CredentialId,
  type LoginProtocol,
  type LoginRecord,
  loginStamp,
  type PrincipalId,
  type Principals,
  type Right,
  type ScramSecret,
} from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import {
  addTestAccount,
  mailboxWithRole,
  type OpenStoreFixture,
  type StoreFixture,
} from './store-fixture.ts'

const login = 'me@example.test'
const [salted, otherwise] = ['c2FsdA==', 'c2VhIHNhbHQ='].map((salt): ScramSecret => ({
  parameters: { salt, iterations: 4096 },
  keys: { storedKey: `stored ${salt}`, serverKey: `server ${salt}` },
})) as [ScramSecret, ScramSecret]

/** The contract of Principals and PrincipalsAdmin, for any adapter. */
export function describePrincipals(name: string, open: OpenStoreFixture): void {
  describe(`${name}: Principals`, () => {
    it('are who logs in and with what, and old passwords are forgotten', async () => {
      await using store = await open()
      const { directory } = store
      const account = await directory.addAccount('ME@Example.Test', { hash: 'first' })
      const { id, address, createdAt } = account
      const record = await directory.login(login)
      expect(record).toMatchObject({
        access: {
          principal: { name: login },
          account: { id, address },
          roles: new Set(),
          shared: [],
        },
        scram: undefined,
        credentials: [
          {
            kind: 'password',
            name: '',
            hash: 'first',
            stamp: loginStamp('first'),
            protocols: new Set(['smtp', 'imap', 'http']),
            scram: undefined,
            createdAt,
            lastUsedAt: undefined,
          },
        ],
      })
      await directory.setPassword(login, { hash: 'second' })
      const changed = await directory.login(login)
      expect(changed?.credentials.map(({ hash }) => hash)).toEqual(['second'])
      expect(changed?.access).toEqual(record?.access)
      expect(await directory.login('nobody@example.test')).toBeUndefined()
      await directory.deleteAccount(login)
      expect(await directory.login(login)).toBeUndefined()
    })

    it('have logins that count until the credential is another or the account is gone', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store, 'you')
      await directory.addAccount(login, { hash: 'first' })
      await addApp(store, 'phone')
      const [mine, yours] = [
        await principalOf(directory, login),
        await principalOf(directory, 'you@example.test'),
      ]
      const stampsOf = async (id: PrincipalId): Promise<unknown> =>
        (await directory.loginStamps([id, yours])).get(id)
      const phone = loginStamp(hashOfApp('phone'))
      expect(await stampsOf(mine)).toEqual(new Set([loginStamp('first'), phone]))
      await directory.setQuota(login, { bytes: 9, emails: 3 })
      expect(await stampsOf(mine)).toEqual(new Set([loginStamp('first'), phone]))
      await directory.setPassword(login, { hash: 'second' })
      expect(await stampsOf(mine)).toEqual(new Set([loginStamp('second'), phone]))
      await directory.deleteAppPassword(login, 'phone')
      expect(await stampsOf(mine)).toEqual(new Set([loginStamp('second')]))
      await directory.deleteAccount(login)
      expect(await stampsOf(mine)).toBeUndefined()
      expect(await stampsOf('p0' as PrincipalId)).toBeUndefined()
    })

    it('are found by their local part, in any domain, and no others are', async () => {
      await using store = await open()
      const { directory } = store
      for (const address of [login, 'me2@example.test', 'mea@example.test'])
        await directory.addAccount(address, { hash: 'hash' })
      await directory.addAlias({ address: 'other@example.test', target: login })
      expect(await directory.namesWithLocalPart('me')).toEqual([login])
      await directory.addAccount('me@other.test', { hash: 'hash' })
      expect(await directory.namesWithLocalPart('me')).toEqual([login, 'me@other.test'])
      for (const none of ['m', 'other', 'ME', '', '%', login])
        expect(await directory.namesWithLocalPart(none)).toEqual([])
    })
  })

  describe(`${name}: app passwords`, () => {
    it('are for the protocols that they were made for, and found by their hash', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      await addTestAccount(store, 'you')
      store.setNow(1_800_000_000_000)
      await addApp(store, 'phone', ['imap', 'smtp'])
      await addApp(store, 'a script', ['http'])
      const record = await recordOf(directory)
      expect(record.credentials.map(({ kind, name: label }) => [kind, label])).toEqual([
        ['password', ''],
        ['app_password', 'a script'],
        ['app_password', 'phone'],
      ])
      const phone = record.credentials.at(-1)
      expect(phone).toMatchObject({
        hash: hashOfApp('phone'),
        protocols: new Set(['imap', 'smtp']),
        createdAt: 1_800_000_000_000,
      })
      expect(await directory.loginOfToken(hashOfApp('phone'))).toEqual({
        record,
        credential: phone,
      })
      const [password] = record.credentials
      expect(await directory.loginOfToken(password?.hash ?? '')).toBeUndefined()
      await directory.deleteAppPassword(login, 'phone')
      expect(await directory.loginOfToken(hashOfApp('phone'))).toBeUndefined()
      await directory.deleteAccount(login)
      expect(await directory.loginOfToken(hashOfApp('a script'))).toBeUndefined()
    })

    it('are told of apart, have names that can be read, and are thirty-two at most', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      for (let at = 0; at < 32; at += 1) await addApp(store, `phone ${at}`)
      await expect(addApp(store, 'one more')).rejects.toMatchObject({ code: 'appPassword.tooMany' })
      await directory.deleteAppPassword(login, 'phone 7')
      const failing = [
        [() => addApp(store, 'phone 8'), 'appPassword.exists'],
        [() => directory.deleteAppPassword(login, 'phone 7'), 'appPassword.notFound'],
        [() => directory.deleteAppPassword('you@example.test', 'phone 8'), 'account.notFound'],
        [() => addApp(store, ''), 'appPassword.invalid'],
        [() => addApp(store, 'two\r\nlines'), 'appPassword.invalid'],
        [() => addApp(store, 'x'.repeat(65)), 'appPassword.invalid'],
        [() => addApp(store, 'for nothing', []), 'appPassword.invalid'],
      ] as const
      for (const [attempt, code] of failing) await expect(attempt()).rejects.toMatchObject({ code })
      await addApp(store, 'x'.repeat(64))
      expect((await recordOf(directory)).credentials).toHaveLength(33)
    })

    it('tell when they were used last, to the hour', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      await addApp(store, 'phone')
      const phone = async (): Promise<Credential> =>
        (await recordOf(directory)).credentials.at(-1) ?? expect.unreachable()
      const { id, stamp } = await phone()
      const used = async (at: number): Promise<number | undefined> => {
        await directory.noteUse(id, at)
        return (await phone()).lastUsedAt
      }
      expect(await used(10_000_000)).toBe(10_000_000)
      expect(await used(13_599_999)).toBe(10_000_000)
      expect(await used(13_600_000)).toBe(13_600_000)
      expect((await phone()).stamp).toBe(stamp)
      await directory.noteUse('c0' as CredentialId, 1)
      await directory.deleteAppPassword(login, 'phone')
      await directory.noteUse(id, 99_000_000)
    })
  })

  describe(`${name}: SCRAM keys`, () => {
    it('come with a password, and are counted where they are missing', async () => {
      await using store = await open()
      const { directory } = store
      expect(await directory.withoutScramKeys()).toBe(0)
      await directory.addAccount(login, { hash: 'first', scram: salted })
      await addTestAccount(store, 'you')
      expect(await directory.withoutScramKeys()).toBe(1)
      const record = await recordOf(directory)
      expect(record.scram).toEqual(salted.parameters)
      expect(record.credentials[0]?.scram).toEqual(salted.keys)
      await directory.setPassword('you@example.test', { hash: 'second', scram: otherwise })
      expect(await directory.withoutScramKeys()).toBe(0)
      await addApp(store, 'phone')
      await addApp(store, 'tablet')
      expect(await directory.withoutScramKeys()).toBe(1)
      await directory.deleteAccount(login)
      expect(await directory.withoutScramKeys()).toBe(0)
    })

    it('are added to a password that has none, whose sessions go on', async () => {
      await using store = await open()
      const { directory } = store
      await addTestAccount(store)
      const before = await recordOf(directory)
      const { principal } = before.access
      const [password] = before.credentials
      const { id, stamp } = password ?? expect.unreachable()
      await directory.addScramKeys('p0' as PrincipalId, id, salted)
      expect(await recordOf(directory)).toEqual(before)
      await directory.addScramKeys(principal.id, id, salted)
      const after = await recordOf(directory)
      expect(after.scram).toEqual(salted.parameters)
      expect(after.credentials).toEqual([{ ...password, stamp, scram: salted.keys }])
      expect(await directory.withoutScramKeys()).toBe(0)
      // There are some by now.
      await directory.addScramKeys(principal.id, id, {
        ...salted,
        keys: { storedKey: 'x', serverKey: 'x' },
      })
      expect(await recordOf(directory)).toEqual(after)
    })

    it('are of one salt for all that a principal has', async () => {
      await using store = await open()
      const { directory } = store
      await directory.addAccount(login, { hash: 'first', scram: salted })
      await addApp(store, 'phone', ['imap'], salted)
      await addApp(store, 'made with another salt', ['imap'], otherwise)
      const keys = async (): Promise<unknown> =>
        (await recordOf(directory)).credentials.map(({ scram }) => scram)
      expect(await keys()).toEqual([salted.keys, undefined, salted.keys])
      await directory.setPassword(login, { hash: 'second', scram: salted })
      expect(await keys()).toEqual([salted.keys, undefined, salted.keys])
      await directory.setPassword(login, { hash: 'third', scram: otherwise })
      expect(await keys()).toEqual([otherwise.keys, undefined, undefined])
      expect((await recordOf(directory)).scram).toEqual(otherwise.parameters)
    })
  })

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

function addApp(
  { directory }: Pick<StoreFixture, 'directory'>,
  name: string,
  protocols: readonly LoginProtocol[] = ['imap'],
  scram?: ScramSecret,
): Promise<void> {
  const hash = hashOfApp(name)
  return directory.addAppPassword(login, { name, hash, protocols: new Set(protocols), scram })
}

function hashOfApp(name: string): string {
  return `sha256:${Buffer.from(name).toString('base64url')}`
}

async function recordOf(directory: Pick<Principals, 'login'>, name = login): Promise<LoginRecord> {
  return (await directory.login(name)) ?? expect.unreachable()
}

async function principalOf(
  directory: Pick<Principals, 'login'>,
  name: Account['address'],
): Promise<PrincipalId> {
  return (await recordOf(directory, name)).access.principal.id
}
