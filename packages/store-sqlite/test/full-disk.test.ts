import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { MailError } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import { missing } from '@gatepost/testkit'
import { expect, it, vi } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'

/** A file system of its own, so small that it fills. Undefined where this may not be made. */
function mountSmallDisk(path: string): Disposable | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return {
    [Symbol.dispose]: () => execFileSync('umount', ['--lazy', path]),
  }
}

it('a disk that is really full: clear errors, nothing acknowledged is lost, and it goes on by itself', async (context) => {
  using folder = makeFolder()
  using disk = mountSmallDisk(folder.path)
  if (disk === undefined) return missing(context, 'the right to mount a file system')
  // More than the write-ahead log can hold: it needs that much room to be written back.
  const filler = join(folder.path, 'filler')
  writeFileSync(filler, randomBytes(36_000_000))
  await using store = await openIn(folder.path)
  const { id } = await store.directory.addAccount('me@example.test', 'hash')
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
  const found = (): number =>
    store.mail.read(id, ({ mailboxes }) => mailboxes.list()[0]?.totalEmails ?? 0)
  expect(found()).toBe(acknowledged.length)

  rmSync(filler)
  await vi.waitFor(() => expect(store.health().isWritable).toBe(true), { timeout: 10_000 })
  await deliver('after')
  expect(found()).toBe(acknowledged.length)
  const { problems } = await verifyStore({ dataFolder: folder.path, isDeep: true })
  expect(problems).toEqual([])
})
