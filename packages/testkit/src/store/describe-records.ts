/* oxlint-disable max-lines-per-function -- a suite is a list of tests */
import type {
  Account,
  AccountRecord,
  JsonValue,
  MailboxId,
  MailOp,
  MailReader,
  ModSeq,
} from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { RandomSource } from './random-source.ts'
import {
  accountNow,
  addTestAccount,
  currentMailbox,
  type MailFixture,
  mailboxWithRole,
  type OpenMailFixture,
} from './store-fixture.ts'
import { SyncedSet } from './synced-view.ts'

const type = 'Test'

function put(id: string, body: JsonValue = id): Extract<MailOp, { op: 'putRecord' }> {
  return { op: 'putRecord', type, id, body }
}

function remove(id: string): Extract<MailOp, { op: 'deleteRecord' }> {
  return { op: 'deleteRecord', type, id }
}

function stateOf(store: MailFixture, account: Account): Promise<ModSeq> {
  return store.mail.read(account.id, ({ state }) => state)
}

/** What a client knows by id; undefined: it was told of one that is gone again, as it will be told in a later page. */
type View = SyncedSet<string, AccountRecord | undefined>

async function allOf({ records }: MailReader): Promise<[string, AccountRecord][]> {
  return (await records.page(type, '', 500)).map((record) => [record.id, record])
}

/** A client that knows the records as they are now. */
async function viewOf(store: MailFixture, account: Account): Promise<View> {
  return store.mail.read(
    account.id,
    async (reader) =>
      new SyncedSet<string, AccountRecord | undefined>(reader.state, await allOf(reader)),
  )
}

async function sync(
  store: MailFixture,
  account: Account,
  { view, limit }: { readonly view: View; readonly limit: number },
): Promise<void> {
  await store.mail.read(account.id, async (reader) => {
    await view.sync(
      (since) => reader.changes.records(type, since, limit),
      async (ids) => {
        const found = new Map(await allOf(reader))
        return ids.map((id) => [id, found.get(id)])
      },
    )
    expect(view.known).toEqual(new Map(await allOf(reader)))
  })
}

export function describeRecords(open: OpenMailFixture): void {
  describe('records', () => {
    it('are put, read, changed and deleted', async () => {
      await using store = await open()
      const { id: me } = await addTestAccount(store)
      const body = { name: 'é \u0000 \ud800', list: [1, null, true, { deep: -0.5 }], __proto__: 1 }
      const [a, b] = await store.mail.transact(me, [
        put('b', body),
        put('a', ''),
        { ...put('b'), type: 'Other' },
      ])
      const read = (): Promise<readonly AccountRecord[]> =>
        store.mail.read(me, ({ records }) => records.get(type, ['b', 'none', 'b ', 'a']))
      expect(await read()).toEqual([
        { type, id: 'b', modSeq: a.modSeq, body: JSON.parse(JSON.stringify(body)) as JsonValue },
        { type, id: 'a', modSeq: b.modSeq, body: '' },
      ])
      const [changed] = await store.mail.transact(me, [put('b', null)])
      expect(changed.modSeq).toBeGreaterThan(a.modSeq)
      await store.mail.transact(me, [remove('a')])
      expect(await read()).toEqual([{ type, id: 'b', modSeq: changed.modSeq, body: null }])
    })

    it('are read in pages, in the order of the bytes of their ids', async () => {
      await using store = await open()
      const { id: me } = await addTestAccount(store)
      const ids = ['!', 'A', 'B', 'Z', '_', 'a', 'a-b', 'ab', 'b', '~']
      await store.mail.transact(
        me,
        ids.toReversed().map((id) => put(id)),
      )
      const page = (after: string, limit: number): Promise<readonly string[]> =>
        store.mail.read(me, async ({ records }) =>
          (await records.page(type, after, limit)).map(({ id }) => id),
        )
      expect(await page('', 500)).toEqual(ids)
      expect(await page('', 3)).toEqual(ids.slice(0, 3))
      expect(await page('B', 4)).toEqual(ids.slice(3, 7))
      expect(await page('C', 1)).toEqual(['Z'])
      expect(await page('~', 4)).toEqual([])
    })

    it('get an id from the store where none is given, and never one that is taken', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const put1 = { op: 'putRecord', type, id: null, body: 1 } as const
      const [first] = await store.mail.transact(account.id, [put1])
      expect(first.id).toBe(`r${first.modSeq}`)
      const next = Number(await stateOf(store, account)) + 2
      const [taken, made] = await store.mail.transact(account.id, [put(`r${next}`), put1])
      expect(made.id).toBe(`r${made.modSeq}`)
      expect(made.id).not.toBe(taken.id)
    })

    it('take a modseq with each change, and none for an equal body', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const before = await stateOf(store, account)
      const [made] = await store.mail.transact(account.id, [put('a', { x: 1, y: [2] })])
      const state = await stateOf(store, account)
      expect(state).toBeGreaterThan(before)
      const [same] = await store.mail.transact(account.id, [put('a', { y: [2], x: 1 })])
      expect(same).toEqual(made)
      expect(await stateOf(store, account)).toBe(state)
      await store.mail.transact(account.id, [put('a', { x: 1, y: [3] })])
      expect(await stateOf(store, account)).toBeGreaterThan(state)
    })

    it.each([
      [put('a'), { type: '' }, 'record.badType', 'invalid'],
      [put('a'), { type: 'x'.repeat(65) }, 'record.badType', 'invalid'],
      [put('a'), { type: 'a b' }, 'record.badType', 'invalid'],
      [put(''), {}, 'record.badId', 'invalid'],
      [put('a b'), {}, 'record.badId', 'invalid'],
      [put('é'), {}, 'record.badId', 'invalid'],
      [put('a\u0000'), {}, 'record.badId', 'invalid'],
      [put('x'.repeat(256)), {}, 'record.badId', 'invalid'],
      [put('a', 'x'.repeat(65_535)), {}, 'record.tooLarge', 'limit'],
      [put('a', 'é'.repeat(32_768)), {}, 'record.tooLarge', 'limit'],
      [put('a', nested(65)), {}, 'record.tooLarge', 'limit'],
      [put('a', nested(100_000)), {}, 'record.tooLarge', 'limit'],
      [remove('a'), { type: '*' }, 'record.badType', 'invalid'],
      [remove('a\n'), {}, 'record.badId', 'invalid'],
      [remove('none'), {}, 'record.notFound', 'notFound'],
    ] as const)('refuse what is not allowed: case %#', async (op, more, code, kind) => {
      await using store = await open()
      const account = await addTestAccount(store)
      await expect(store.mail.transact(account.id, [{ ...op, ...more }])).rejects.toMatchObject({
        code,
        kind,
      })
    })

    it('take what is just allowed', async () => {
      await using store = await open()
      const { id: me } = await addTestAccount(store)
      const long = { type: 'A.b-c_d:9'.padEnd(64, 'z'), id: '~'.repeat(255) }
      await store.mail.transact(me, [
        { ...put(long.id), ...long, body: 'x'.repeat(65_534) },
        put('deep', nested(64)),
      ])
      const found = await store.mail.read(me, ({ records }) => records.get(long.type, [long.id]))
      expect(found).toMatchObject([{ ...long, body: 'x'.repeat(65_534) }])
    })

    it('are a thousand of a type at most', async () => {
      await using store = await open()
      const { id: me } = await addTestAccount(store)
      const ids = Array.from({ length: 1_000 }, (_, n) => `n${n}`)
      await store.mail.transact(
        me,
        ids.map((id) => put(id)),
      )
      const more = store.mail.transact(me, [put('more')])
      await expect(more).rejects.toMatchObject({ code: 'record.tooMany', kind: 'limit' })
      await store.mail.transact(me, [
        put('n7', 'changed'),
        { ...put('more'), type: 'Other' },
        remove('n8'),
        put('more'),
      ])
      const first = await store.mail.read(me, ({ records }) => records.page(type, '', 501))
      expect(first).toHaveLength(500)
    })

    it('refuse to be read by a type or after an id that cannot be', async () => {
      await using store = await open()
      const { id: me } = await addTestAccount(store)
      await store.mail.read(me, async ({ records, changes }) => {
        const badType = { code: 'record.badType' }
        await expect(records.get('a\u0000', ['a'])).rejects.toMatchObject(badType)
        await expect(records.page('', '', 1)).rejects.toMatchObject(badType)
        await expect(changes.records(' ', 0 as ModSeq, 1)).rejects.toMatchObject(badType)
        await expect(records.page(type, '\u0000', 1)).rejects.toMatchObject({
          code: 'record.badId',
        })
        expect(await records.get(type, ['a\u0000', '\ud800', ''])).toEqual([])
      })
    })

    it('change together with mail, or not at all', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const rename = { op: 'updateMailbox', mailboxId: inbox.id, sortOrder: 7 } as const
      const state = await stateOf(store, account)
      await expect(
        store.mail.transact(account.id, [put('a'), rename, remove('none')]),
      ).rejects.toMatchObject({ code: 'record.notFound' })
      await expect(
        store.mail.transact(account.id, [put('a'), { ...rename, mailboxId: 'm0' as MailboxId }]),
      ).rejects.toMatchObject({ code: 'mailbox.notFound' })
      expect(await stateOf(store, account)).toBe(state)
      expect(await store.mail.read(account.id, allOf)).toEqual([])
      await store.mail.transact(account.id, [{ op: 'expectState', state }, put('a'), rename])
      expect((await currentMailbox(store, account, inbox)).sortOrder).toBe(7)
      expect(await store.mail.read(account.id, allOf)).toHaveLength(1)
    })

    it('are not part of the quota', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      await store.directory.setQuota(account.address, { bytes: 1, emails: 1 })
      await store.mail.transact(account.id, [put('a', 'x'.repeat(1_000))])
      expect(await accountNow(store, account)).toMatchObject({ usedBytes: 0, usedEmails: 0 })
    })

    it('go with their account', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const other = await addTestAccount(store, 'you')
      await store.mail.transact(account.id, [put('a'), put('b'), remove('b')])
      expect(await store.mail.read(other.id, allOf)).toEqual([])
      await store.directory.deleteAccount(account.address)
      await expect(store.mail.transact(account.id, [put('a')])).rejects.toMatchObject({
        code: 'account.notFound',
      })
      const again = await addTestAccount(store)
      expect(await store.mail.read(again.id, allOf)).toEqual([])
    })
  })

  describe('changes of records', () => {
    it('tell created, updated and destroyed of one type', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      await store.mail.transact(account.id, [put('gone'), put('kept'), put('changed')])
      const since = await stateOf(store, account)
      await store.mail.transact(account.id, [
        put('new'),
        put('changed', 2),
        put('new', 2),
        remove('gone'),
        put('passing'),
        remove('passing'),
        { ...put('other'), type: 'Other' },
      ])
      const changes = await store.mail.read(account.id, (reader) =>
        reader.changes.records(type, since, 100),
      )
      expect(changes).toEqual({
        created: ['new'],
        updated: ['changed'],
        destroyed: ['gone'],
        newState: await stateOf(store, account),
        hasMore: false,
      })
      expect(
        await store.mail.read(account.id, (reader) =>
          reader.changes.records(type, (changes as { newState: ModSeq }).newState, 100),
        ),
      ).toMatchObject({ created: [], updated: [], destroyed: [], hasMore: false })
    })

    it('tell of an id that came again what it is to the one who asks', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const states = [await stateOf(store, account)]
      for (const op of [put('a'), remove('a'), put('a', 2), remove('a'), put('a', 3)]) {
        await store.mail.transact(account.id, [op])
        states.push(await stateOf(store, account))
      }
      const told = await Promise.all(
        states.map((since) =>
          store.mail.read(account.id, async ({ changes }) => {
            const answer = await changes.records(type, since, 100)
            if (answer === 'cannotCalculateChanges') throw new Error('changes are missing')
            return [answer.created.length, answer.updated.length, answer.destroyed.length]
          }),
        ),
      )
      const created = [1, 0, 0]
      const updated = [0, 1, 0]
      expect(told).toEqual([created, updated, created, updated, created, [0, 0, 0]])
    })

    it('lead every client to the truth, however small the pages are', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const random = new RandomSource(20_251_128)
      const views = [await viewOf(store, account)]
      const alive = new Set<string>()
      for (let step = 0; step < 80; step += 1) {
        const id = `id${random.below(4)}`
        const isRemoved = alive.has(id) && random.below(2) === 0
        await store.mail.transact(account.id, [isRemoved ? remove(id) : put(id, step)])
        if (isRemoved) alive.delete(id)
        else alive.add(id)
        if (step % 8 === 0) views.push(await viewOf(store, account))
        const view = random.pick(views)
        if (random.below(3) === 0) await sync(store, account, { view, limit: 1 + random.below(4) })
      }
      for (const [at, view] of views.entries())
        await sync(store, account, { view, limit: 1 + (at % 5) })
      const known = views.map((view) => new Set(view.known.keys()))
      expect(known).toEqual(views.map(() => alive))
    })

    it('cannot be told since a state that never was', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const state = await stateOf(store, account)
      for (const since of [state + 1, -1, 0.5, Number.NaN] as ModSeq[])
        expect(
          await store.mail.read(account.id, ({ changes }) => changes.records(type, since, 10)),
        ).toBe('cannotCalculateChanges')
    })
  })
}

function nested(levels: number): JsonValue {
  let value: JsonValue = []
  for (let level = 1; level < levels; level += 1) value = [value]
  return value
}
