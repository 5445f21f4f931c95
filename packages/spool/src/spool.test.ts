import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type AccountId, parseIp, type IpAddress } from '@gatepost/core'
import { SmallDisk } from '@gatepost/testkit'
import { expect, it } from 'vitest'

import { openSpool, type Spool, type SpoolOptions } from './spool.ts'

interface Bench extends Disposable {
  readonly folder: string
  open(limits?: Partial<SpoolOptions>): Promise<Spool>
}

function bench(): Bench {
  const parent = mkdtempSync(join(tmpdir(), 'gatepost-spool-'))
  const folder = join(parent, 'spool')
  return {
    folder,
    open: (limits) =>
      openSpool({ folder, maxBytes: 8_000_000, maxMessageBytes: 1_000_000, ...limits }),
    [Symbol.dispose]: () => rmSync(parent, { recursive: true }),
  }
}

function ip(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return address
}

it('has every byte, whatever pieces they come in, and is gone with its end', async () => {
  using at = bench()
  const spool = await at.open()
  const bytes = randomBytes(600_000)
  {
    await using file = spool.begin(ip('192.0.2.1'))
    for (let from = 0; from < bytes.length; from += 7_919) {
      expect(file.write(bytes.subarray(from, from + 7_919))).toBeUndefined()
      if (file.isBehind) await file.written()
    }
    await file.written()
    expect([file.size, spool.usedBytes]).toEqual([600_000, 600_000])
    expect(await file.read(0, 700_000)).toEqual(bytes)
    expect(await file.read(599_990, 700_000)).toEqual(bytes.subarray(599_990))
    expect(file.content([Buffer.from('ab'), Buffer.from('c')], 10)).toMatchObject({
      head: Buffer.from('abc'),
      from: 10,
      size: 599_993,
    })
    const [name] = readdirSync(at.folder)
    expect(statSync(join(at.folder, name ?? '')).mode & 0o777).toBe(0o600)
  }
  expect(readdirSync(at.folder)).toEqual([])
  expect(spool.usedBytes).toBe(0)
})

it('is behind while the disk has not taken what came, and no longer then', async () => {
  using at = bench()
  const spool = await at.open()
  await using file = spool.begin('a1' as AccountId)
  expect(file.isBehind).toBe(false)
  file.write(Buffer.alloc(300_000))
  expect(file.isBehind).toBe(true)
  await file.written()
  expect(file.isBehind).toBe(false)
})

it('ends in the middle of writing, and leaves nothing', async () => {
  using at = bench()
  const spool = await at.open()
  const file = spool.begin('a1' as AccountId)
  file.write(Buffer.alloc(500_000))
  await file[Symbol.asyncDispose]()
  expect(file.write(Buffer.alloc(10))).toBeUndefined()
  await file.written()
  await file[Symbol.asyncDispose]()
  expect(readdirSync(at.folder)).toEqual([])
  expect(spool.usedBytes).toBe(0)
})

it('is bounded, and shared out among those who send', async () => {
  using at = bench()
  const spool = await at.open()
  await using files = new AsyncDisposableStack()
  const fill = (owner: string): string => {
    const file = files.use(spool.begin(ip(owner)))
    for (;;) {
      const shortage = file.write(Buffer.alloc(100_000))
      if (shortage !== undefined) return shortage
    }
  }
  expect(fill('192.0.2.1')).toBe('source')
  expect(spool.usedBytes).toBe(2_000_000)
  for (let network = 0; network < 20; network += 1) fill(`10.${network}.0.1`)
  expect(spool.usedBytes).toBeLessThanOrEqual(8_000_000)
})

it('removes at its start what an earlier process has left', async () => {
  using at = bench()
  mkdirSync(at.folder, { mode: 0o755 })
  writeFileSync(join(at.folder, 'half'), 'a message')
  await at.open()
  expect(readdirSync(at.folder)).toEqual([])
  expect(statSync(at.folder).mode & 0o777).toBe(0o700)
})

it('a full disk is told to whoever waits, and what is given up makes room again', async (context) => {
  using at = bench()
  mkdirSync(at.folder)
  using disk = SmallDisk.mount(context, at.folder, { megabytes: 1 })
  expect(disk.path).toBe(at.folder)
  const spool = await at.open()
  {
    await using file = spool.begin('a1' as AccountId)
    for (let piece = 0; piece < 15; piece += 1) {
      file.write(Buffer.alloc(100_000))
      await file.written().catch(() => undefined)
    }
    await expect(file.written()).rejects.toMatchObject({ kind: 'busy', code: 'spool.full' })
  }
  await using next = spool.begin('a1' as AccountId)
  next.write(Buffer.alloc(500_000))
  await next.written()
  expect(next.size).toBe(500_000)
})
