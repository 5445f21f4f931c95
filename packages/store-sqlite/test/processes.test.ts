import { type AccountId, type Membership, parseAddress, type Uid } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'
import { mailboxOf } from './operate/filled-store.ts'
import { spawnChild } from './spawn-child.ts'

describe('several processes', () => {
  it('a server sees what a tool does beside it, and is told', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path)
    const { directory, mail } = store
    const me = await directory.addAccount('me@example.test', { hash: 'hash' })
    expect(await directory.login('tool@example.test')).toBeUndefined()
    const told = new Promise((resolve) => store.changes.subscribe(me.id, resolve))
    const unknown = new Promise<void>((resolve) => {
      store.changes.watch(({ kind }) => {
        if (kind === 'unknown') resolve()
      })
    })
    await using tool = spawnChild('tool', folder.path)
    const { value } = await tool.lines.next()
    const id = JSON.parse(value) as AccountId
    expect((await directory.login('tool@example.test'))?.access.account.id).toBe(id)
    expect(parseAddress('tool@example.test')?.address).toBe(
      (await directory.accounts([id])).get(id)?.address,
    )
    await unknown
    expect(await told).toBe(await mail.read(me.id, (reader) => reader.state))
    expect(await mailboxOf(mail, id, 'inbox')).toMatchObject({ totalEmails: 1 })
    await directory.deleteAccount('tool@example.test')
  })

  it('a second server on a folder is refused, until the first has died', async () => {
    using folder = makeFolder()
    await using first = spawnChild('hold', folder.path)
    await first.lines.next()
    await expect(openIn(folder.path)).rejects.toMatchObject({
      code: 'store.locked',
      kind: 'conflict',
      fields: { pid: first.process.pid },
    })
    await first.kill()
    await using second = await openIn(folder.path)
    expect(second.health()).toEqual({ isWritable: true, lastError: null })
  })

  it('a second server in the same process is refused too', async () => {
    using folder = makeFolder()
    await using first = await openIn(folder.path)
    await expect(openIn(folder.path)).rejects.toMatchObject({ code: 'store.locked' })
    expect(first.health().isWritable).toBe(true)
  })
})

describe('kill -9', () => {
  it('loses no acknowledged message, and leaves none in parts', async () => {
    using folder = makeFolder()
    const account = await addAccount(folder.path)
    const acknowledged: string[] = []
    for (const enough of [40, 90, 170]) {
      await using child = spawnChild('deliver', folder.path, account)
      while (acknowledged.length < enough)
        acknowledged.push(JSON.parse((await child.lines.next()).value) as string)
      await child.kill()
      for (;;) {
        const { value, done } = await child.lines.next()
        if (done === true) break
        acknowledged.push(JSON.parse(value) as string)
      }
      expect(await checkedNames(folder.path, account)).toEqual(expect.arrayContaining(acknowledged))
    }
  })
})

it('a COPY whose process ends in the middle is taken back at the next start', async () => {
  using folder = makeFolder()
  const account = await addAccount(folder.path)
  await using child = spawnChild('copy', folder.path, account)
  expect(await child.lines.next()).toEqual({ value: undefined, done: true })
  expect(await countsIn(folder.path, account, 'tool')).toEqual([3_000, expect.toSatisfy(isSome)])
  await (await openIn(folder.path))[Symbol.asyncDispose]()
  expect(await countsIn(folder.path, account, 'server')).toEqual([3_000, 0])
  expect((await verifyStore({ dataFolder: folder.path })).problems).toEqual([])
})

const isSome = (count: number): boolean => count > 0 && count < 3_000

/** Of the first two mailboxes. */
async function countsIn(
  folder: string,
  account: AccountId,
  mode: 'tool' | 'server',
): Promise<number[]> {
  await using store = await openIn(folder, { mode })
  const mailboxes = await store.mail.read(account, (reader) => reader.mailboxes.list())
  return mailboxes.slice(0, 2).map(({ totalEmails }) => totalEmails)
}

async function addAccount(folder: string): Promise<AccountId> {
  await using store = await openIn(folder)
  return (await store.directory.addAccount('me@example.test', { hash: 'hash' })).id
}

/** The subject of every message, each checked byte for byte and every counter recounted. */
async function checkedNames(folder: string, account: AccountId): Promise<string[]> {
  await using store = await openIn(folder)
  return store.mail.read(account, async ({ mailboxes, memberships, blobs, emails }) => {
    const [inbox] = await mailboxes.list()
    if (inbox === undefined) throw new Error('no INBOX')
    const uids = await memberships.uids(inbox.id, 0, 10_000)
    expect(uids).toEqual(uids.map((_, at) => at + 1))
    const found: Membership[] = []
    for (let after: Uid | 0 | undefined = 0; after !== undefined; after = found.at(-1)?.uid) {
      const page = await memberships.page(inbox.id, after, 1_000)
      if (page.length === 0) break
      found.push(...page)
    }
    const names: string[] = []
    for (const one of found) {
      const indexes = await emails.indexes([one.emailId])
      const name = indexes.found.get(one.emailId)?.envelope.subject ?? ''
      const [raw] = await blobs.ranges([{ id: one.blobId, start: 0, end: one.size }])
      expect(raw?.toString()).toBe(`Subject: ${name}\r\n\r\n${name.repeat(200)}`)
      names.push(name)
    }
    expect(inbox).toMatchObject({
      totalEmails: uids.length,
      totalBytes: found.reduce((sum, { size }) => sum + size, 0),
      uidNext: uids.length + 1,
    })
    return names
  })
}
