import { type AccountId, parseAddress } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'
import { spawnChild } from './spawn-child.ts'

describe('several processes', () => {
  it('a server sees what a tool does beside it, and is told', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path)
    const { directory, mail } = store
    const me = await directory.addAccount('me@example.test', 'hash')
    expect(directory.credential('tool@example.test')).toBeUndefined()
    const told = new Promise((resolve) => store.changes.subscribe(me.id, resolve))
    await using tool = spawnChild('tool', folder.path)
    const { value } = await tool.lines.next()
    const id = JSON.parse(value) as AccountId
    expect(directory.credential('tool@example.test')?.account.id).toBe(id)
    expect(parseAddress('tool@example.test')?.address).toBe(directory.account(id)?.address)
    expect(await told).toBe(mail.read(me.id, (reader) => reader.state))
    expect(mail.read(id, (reader) => reader.mailboxes.list()[0]?.totalEmails)).toBe(1)
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
      await checkWhole(folder.path, account, acknowledged)
    }
  })
})

async function addAccount(folder: string): Promise<AccountId> {
  await using store = await openIn(folder)
  return (await store.directory.addAccount('me@example.test', 'hash')).id
}

async function checkWhole(
  folder: string,
  account: AccountId,
  acknowledged: readonly string[],
): Promise<void> {
  await using store = await openIn(folder)
  const counts = new Map<string, number>()
  store.mail.read(account, ({ mailboxes, memberships, blobs, emails }) => {
    const [inbox] = mailboxes.list()
    if (inbox === undefined) throw new Error('no INBOX')
    const uids = memberships.uids(inbox.id)
    expect(uids).toEqual(uids.map((_, at) => at + 1))
    let bytes = 0
    for (let at = 0; at < uids.length; at += 1_000)
      for (const one of memberships.page(inbox.id, (uids[at - 1] ?? 0) as never, 1_000)) {
        const name = emails.index(one.emailId)?.envelope.subject ?? ''
        const raw = blobs.range(one.blobId, 0, one.size)?.toString()
        expect(raw).toBe(`Subject: ${name}\r\n\r\n${name.repeat(200)}`)
        counts.set(name, (counts.get(name) ?? 0) + 1)
        bytes += one.size
      }
    expect(inbox).toMatchObject({
      totalEmails: uids.length,
      totalBytes: bytes,
      uidNext: uids.length + 1,
    })
  })
  const wanted = new Map<string, number>()
  for (const name of acknowledged) wanted.set(name, (wanted.get(name) ?? 0) + 1)
  for (const [name, count] of wanted) expect(counts.get(name) ?? 0).toBeGreaterThanOrEqual(count)
}
