import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { type EmailId, MailError } from '@gatepost/core'
import { expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'

it('makes a folder that only its owner can read, and finds its mail again', async () => {
  using folder = makeFolder()
  const path = join(folder.path, 'deep', 'data')
  const first = await openIn(path)
  const { id } = await first.directory.addAccount('me@example.test', { hash: 'hash' })
  await first[Symbol.asyncDispose]()
  expect(statSync(path).mode & 0o777).toBe(0o700)
  await using second = await openIn(path)
  expect((await second.directory.accounts([id])).get(id)?.address).toBe('me@example.test')
})

it('has the domains that it was opened with, and those that were added since', async () => {
  using folder = makeFolder()
  const namesWith = async (localDomains: string[], added?: string): Promise<string[]> => {
    await using store = await openIn(folder.path, { localDomains })
    if (added !== undefined) await store.directory.addDomain(added)
    return (await store.directory.domains()).map(({ name }) => name)
  }
  expect(await namesWith(['one.test', 'Bücher.test'], 'two.test')).toEqual([
    'one.test',
    'two.test',
    'xn--bcher-kva.test',
  ])
  // What is out of the configuration may have accounts: it stays until it is deleted.
  expect(await namesWith(['two.test', 'three.test'])).toEqual([
    'one.test',
    'three.test',
    'two.test',
    'xn--bcher-kva.test',
  ])
})

it('refuses a database of a newer program', async () => {
  using folder = makeFolder()
  await (await openIn(folder.path))[Symbol.asyncDispose]()
  const db = new DatabaseSync(join(folder.path, 'gatepost.sqlite'))
  db.exec('UPDATE schema_version SET version = 999')
  db.close()
  await expect(openIn(folder.path)).rejects.toMatchObject({
    code: 'store.newerSchema',
    fields: { version: 999 },
  })
})

it('is busy when too much waits, and goes on afterwards', async () => {
  using folder = makeFolder()
  await using store = await openIn(folder.path, { maxWaitingBytes: 20_000_000 })
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const content = Buffer.alloc(8_000_000, 'x')
  const put = { op: 'putBlob', content, expiresAt: Number.MAX_SAFE_INTEGER } as const
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, () => store.mail.transact(id, [put])),
  )
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(12)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'store.busy' })
  await expect(store.mail.transact(id, [put])).resolves.toHaveLength(1)
})

it('says busy while the disk is full, and goes on when there is room again', async () => {
  using folder = makeFolder()
  await using store = await openIn(folder.path, { maxPages: 200 })
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const put = { op: 'putBlob', expiresAt: Number.MAX_SAFE_INTEGER } as const
  const large = store.mail.transact(id, [{ ...put, content: randomBytes(2_000_000) }])
  const small = store.mail.transact(id, [{ ...put, content: Buffer.from('small') }])
  await expect(large).rejects.toMatchObject({ code: 'store.busy', kind: 'busy' })
  await expect(small).resolves.toMatchObject([{ size: 5 }])
  expect(store.health().isWritable).toBe(false)
  await store.mail.transact(id, [{ ...put, content: Buffer.from('room again') }])
  expect(store.health()).toEqual({ isWritable: true, lastError: null })
})

it('forgets old tombstones, and says so to who asks for older changes', async () => {
  using folder = makeFolder()
  await using store = await openIn(folder.path, {
    tombstones: { maxTombstones: 2, maxTombstoneAgeMs: 1_000_000 },
  })
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const state = (): Promise<number> => store.mail.read(id, (reader) => reader.state)
  const before = await state()
  for (let round = 0; round < 4; round += 1) {
    const [made] = await store.mail.transact(id, [
      { op: 'createMailbox', name: `box ${round}`, parentId: null },
    ])
    await store.mail.transact(id, [
      { op: 'destroyMailbox', mailboxId: made.id, removeEmails: true },
    ])
  }
  await store.maintain()
  const ask = (since: number): Promise<unknown> =>
    store.mail.read(id, ({ changes }) => changes.mailboxes(since as never, 10))
  expect(await ask(before)).toBe('cannotCalculateChanges')
  expect(await ask(await state())).toMatchObject({ created: [], destroyed: [] })
})

it('forgets old tombstones of records as well, and the oldest of all first', async () => {
  using folder = makeFolder()
  await using store = await openIn(folder.path, {
    tombstones: { maxTombstones: 2, maxTombstoneAgeMs: 1_000_000 },
  })
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const state = (): Promise<number> => store.mail.read(id, (reader) => reader.state)
  const states: number[] = []
  for (const type of ['A', 'B', 'A', 'B']) {
    await store.mail.transact(id, [{ op: 'putRecord', type, id: 'one', body: 1 }])
    states.push(await state())
    await store.mail.transact(id, [{ op: 'deleteRecord', type, id: 'one' }])
  }
  await store.maintain()
  const ask = (type: string, since = 0): Promise<unknown> =>
    store.mail.read(id, ({ changes }) => changes.records(type, since as never, 10))
  expect(await ask('B', states[1])).toBe('cannotCalculateChanges')
  expect(await ask('A', states[2])).toMatchObject({ destroyed: ['one'] })
  expect(await ask('B', states[3])).toMatchObject({ destroyed: ['one'] })
})

it('rejects everything asked of it after it is closed', async () => {
  using folder = makeFolder()
  const store = await openIn(folder.path)
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  await store[Symbol.asyncDispose]()
  await expect(
    store.mail.transact(id, [{ op: 'destroyEmail', emailId: 'e1' as EmailId }]),
  ).rejects.toBeInstanceOf(MailError)
})
