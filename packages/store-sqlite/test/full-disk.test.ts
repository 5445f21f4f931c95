import { randomBytes } from 'node:crypto'

import { MailError } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import { SmallDisk } from '@gatepost/testkit'
import { expect, it, vi } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'

it('a disk that is really full: clear errors, nothing acknowledged is lost, and it goes on by itself', async (context) => {
  using folder = makeFolder()
  using disk = SmallDisk.mount(context, folder.path, { megabytes: 64 })
  // More than the write-ahead log can hold: it needs that much room to be written back.
  disk.fill(28_000_000)
  await using store = await openIn(folder.path)
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const acknowledged: string[] = []
  const deliver = async (name: string): Promise<void> => {
    await store.mail.deliver({
      content: Buffer.from(`Subject: ${name}\r\n\r\n${randomBytes(60_000).toString('base64')}`),
      receivedAt: 1,
      local: [{ accountId: id, role: 'inbox', keywords: [] }],
    })
    acknowledged.push(name)
  }
  const failure = await (async (): Promise<unknown> => {
    try {
      for (let number = 0; number < 1000; number += 1) await deliver(`message ${number}`)
      return undefined
    } catch (error) {
      return error
    }
  })()
  expect(failure).toBeInstanceOf(MailError)
  expect(failure).toMatchObject({ code: 'store.busy', kind: 'busy' })
  expect(store.health()).toMatchObject({ isWritable: false })
  expect(acknowledged.length).toBeGreaterThan(10)
  const found = (): Promise<number> =>
    store.mail.read(id, async ({ mailboxes }) => (await mailboxes.list())[0]?.totalEmails ?? 0)
  expect(await found()).toBe(acknowledged.length)

  disk.makeRoom()
  await vi.waitFor(() => expect(store.health().isWritable).toBe(true), { timeout: 10_000 })
  await deliver('after')
  expect(await found()).toBe(acknowledged.length)
  const { problems } = await verifyStore({ dataFolder: folder.path, isDeep: true })
  expect(problems).toEqual([])
})
