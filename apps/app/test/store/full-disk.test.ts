import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { AccountId, MailOp } from '@gatepost/core'
import { openStore, verifyStore } from '@gatepost/store-sqlite'
import { SmallDisk } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'

import { runCommand, type CommandResult } from '../support/run-command.ts'
import { MailBench, seeAccount } from './mail-bench.ts'

/** What is left on the disk at one try after the other: it ends in another place each time. */
const roomsInKilobytes = [0, 4, 12, 40, 100, 150, 200]

let bench: MailBench
let me: AccountId
let resources: AsyncDisposableStack

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  bench = resources.use(await MailBench.open())
  me = await bench.addAccount('me')
  await fill(me)
})
afterEach(() => resources.disposeAsync())

/** More than half a megabyte that does not compress, in two mailboxes, with keywords. */
async function fill(account: AccountId): Promise<void> {
  const mailboxes = [await bench.mailbox(account, 'inbox'), await bench.mailbox(account, 'sent')]
  const ops = Array.from({ length: 120 }, (_, at): MailOp => {
    const text = randomBytes(3_000 + at * 20).toString('base64')
    return {
      op: 'addEmail',
      content: Buffer.from(`Subject: ${at}\r\n\r\n${text.replaceAll(/(.{76})/g, '$1\r\n')}\r\n`),
      mailboxIds: mailboxes.slice(at % 2, (at % 2) + 1).map(({ id }) => id),
      keywords: at % 3 === 0 ? ['$seen', `word${at}`] : [],
      receivedAt: 1_600_000_000_000 + at * 1000,
    }
  })
  await bench.store.mail.transact(account, ops)
}

function mountDisk(context: TestContext): SmallDisk {
  const path = join(bench.folder, 'disk')
  mkdirSync(path)
  return resources.use(SmallDisk.mount(context, path, { megabytes: 16 }))
}

/** `data`: where the store is. */
async function gatepost(data: string, ...args: string[]): Promise<CommandResult> {
  const config = join(bench.folder, 'gatepost.toml')
  writeFileSync(config, `data = ${JSON.stringify(data)}\n`)
  return runCommand(config, args)
}

function expectRefusal({ code, error }: CommandResult): void {
  expect(error).toMatch(/^gatepost: [^\n]*(?:full|no space left|no room)[^\n]*\n$/i)
  expect(code).toBe(1)
}

async function done(result: Promise<CommandResult>): Promise<void> {
  expect(await result).toMatchObject({ code: 0, error: '' })
}

async function expectSound(data: string): Promise<void> {
  expect((await verifyStore({ dataFolder: data, isDeep: true })).problems).toEqual([])
}

/** Names and bytes of what is in a folder; SQLite's shared memory is made anew whenever it is missing. */
function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && !/^filler$|-shm$/.test(one.name))
    .map((one) => join(one.parentPath, one.name))
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(name, 'base64')]))
}

describe('on a full disk, a backup', () => {
  it('says so, leaves nothing behind and the earlier one as it was, and is made when there is room', async (context) => {
    const disk = mountDisk(context)
    const file = join(disk.path, 'mail.backup')
    for (const room of roomsInKilobytes) {
      disk.fill(room * 1024)
      expectRefusal(await gatepost(bench.data, 'store', 'backup', file))
      expect(filesIn(disk.path)).toEqual({})
    }
    disk.makeRoom()
    await done(gatepost(bench.data, 'store', 'backup', file))
    const earlier = filesIn(disk.path)
    await fill(me)
    for (const room of roomsInKilobytes) {
      disk.fill(room * 1024)
      expectRefusal(await gatepost(bench.data, 'store', 'backup', file, '--force'))
      expect(filesIn(disk.path)).toEqual(earlier)
    }
    disk.makeRoom()
    await done(gatepost(bench.data, 'store', 'backup', file, '--force'))
    expect(filesIn(disk.path)).not.toEqual(earlier)
  })

  it('of the store that has filled it can be made on another one', async (context) => {
    const disk = mountDisk(context)
    const data = await storeOn(disk)
    const file = join(bench.folder, 'rescue.backup')
    disk.fill(0)
    // SQLite needs 32 KiB beside a database that nobody has open.
    expectRefusal(await gatepost(data, 'store', 'verify'))
    expectRefusal(await gatepost(data, 'store', 'backup', file))
    disk.makeRoom()
    await using server = await openStore({ dataFolder: data, localDomains: [] })
    disk.fill(0)
    expect(server.health().isWritable).toBe(true)
    expect(await gatepost(data, 'store', 'verify', '--deep')).toMatchObject({ code: 0, error: '' })
    expect(await gatepost(data, 'store', 'backup', file)).toMatchObject({ code: 0, error: '' })
  })
})

/** A copy of the store of the bench. */
async function storeOn(disk: SmallDisk): Promise<string> {
  const file = join(bench.folder, 'all.backup')
  const data = join(disk.path, 'data')
  await done(gatepost(bench.data, 'store', 'backup', file))
  await done(gatepost(data, 'store', 'restore', file))
  await done(gatepost(data, 'account', 'list'))
  return data
}

describe('on a full disk, a restore', () => {
  it('says so and leaves the store as it was, and is done when there is room', async (context) => {
    const disk = mountDisk(context)
    const data = await storeOn(disk)
    const before = filesIn(data)
    const file = join(bench.folder, 'all.backup')
    for (const room of roomsInKilobytes) {
      disk.fill(room * 1024)
      expectRefusal(await gatepost(data, 'store', 'restore', file, '--force'))
      expect(databaseIn(filesIn(data))).toEqual(databaseIn(before))
    }
    disk.makeRoom()
    await expectSound(data)
    expect(await gatepost(data, 'store', 'restore', file, '--force')).toMatchObject({
      code: 0,
      out: expect.stringContaining('before-restore') as string,
    })
    await expectSound(data)
  })

  it('into a new folder says so, leaves no store behind, and is done when there is room', async (context) => {
    const disk = mountDisk(context)
    const data = join(disk.path, 'data')
    const file = join(bench.folder, 'all.backup')
    await done(gatepost(bench.data, 'store', 'backup', file))
    for (const room of roomsInKilobytes) {
      disk.fill(room * 1024)
      expectRefusal(await gatepost(data, 'store', 'restore', file))
      expect(databaseIn(filesIn(data))).toEqual({})
    }
    disk.makeRoom()
    await done(gatepost(data, 'store', 'restore', file))
    await expectSound(data)
  })
})

/** Without the locks. */
function databaseIn(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes('/server.')))
}

async function addAccountIn(dataFolder: string, address: string): Promise<AccountId> {
  await using store = await openStore({ dataFolder, localDomains: ['example.test'], mode: 'tool' })
  return (await store.directory.addAccount(address, { hash: 'hash' })).id
}

describe.each(['maildir', 'mbox'] as const)('on a full disk, %s', (format) => {
  it('export says so, and goes on when there is room: nothing is missing or doubled', async (context) => {
    const disk = mountDisk(context)
    const root = join(disk.path, 'out')
    const to = await bench.addAccount('to')
    for (const room of roomsInKilobytes) {
      disk.fill(room * 1024)
      expectRefusal(
        await gatepost(bench.data, 'store', 'export', 'me@example.test', `--${format}`, root),
      )
    }
    disk.makeRoom()
    await done(gatepost(bench.data, 'store', 'export', 'me@example.test', `--${format}`, root))
    expect(
      await gatepost(bench.data, 'store', 'import', 'to@example.test', `--${format}`, root),
    ).toMatchObject({ code: 0 })
    expect(await bench.see(to)).toEqual(await bench.see(me))
  })

  it('import says so, and goes on when there is room: nothing is missing or doubled', async (context) => {
    const disk = mountDisk(context)
    const root = join(bench.folder, 'out')
    expect(
      await gatepost(bench.data, 'store', 'export', 'me@example.test', `--${format}`, root),
    ).toMatchObject({ code: 0 })
    const data = join(disk.path, 'data')
    const to = await addAccountIn(data, 'to@example.test')
    const args = ['store', 'import', 'to@example.test', `--${format}`, root]
    for (const room of roomsInKilobytes) {
      disk.fill(room * 1024)
      expectRefusal(await gatepost(data, ...args))
      disk.makeRoom()
      await expectSound(data)
    }
    expect(await gatepost(data, ...args)).toMatchObject({ code: 0, error: '' })
    await expectSound(data)
    await using store = await openStore({ dataFolder: data, localDomains: [], mode: 'tool' })
    expect(await seeAccount(store, to)).toEqual(await bench.see(me))
  })
})
