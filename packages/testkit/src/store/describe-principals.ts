/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import {
  type Credential,
  type CredentialId,
  type LoginProtocol,
  loginStamp,
  type PrincipalId,
  type ScramSecret,
} from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { login, principalOf, recordOf } from './principal-records.ts'
import { addTestAccount, type OpenStoreFixture, type StoreFixture } from './store-fixture.ts'

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
