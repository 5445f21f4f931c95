import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { parseIp, systemClock } from '@gatepost/core'
import { DataMemory } from '@gatepost/core'
import { openSpool, type Spool, spoolAfterBytes } from '@gatepost/spool'
import { readContent } from '@gatepost/store-model'
import { SmallDisk } from '@gatepost/testkit'
import { afterAll, describe, expect, it } from 'vitest'

import { collectMessage, type CollectedMessage } from './collect-message.ts'
import { defaultSmtpLimits } from './smtp-limits.ts'

const limits = { ...defaultSmtpLimits, maxBytesInFlight: 80_000, maxMessageBytes: 8000 }

function collecting(
  of: typeof limits = limits,
  spool?: Spool,
): {
  readonly stream: PassThrough
  readonly memory: DataMemory
  readonly whole: Promise<CollectedMessage>
} {
  const address = parseIp('192.0.2.1')
  if (address === undefined) throw new Error('no address')
  const memory = new DataMemory(of)
  const stream = new PassThrough()
  const options = { limits: of, share: memory.enter(address), clock: systemClock }
  const whole = collectMessage(stream, {
    ...options,
    spool: () => spool?.begin(address),
    onShortage: () => undefined,
    onTooSlow: () => undefined,
  })
  return { stream, memory, whole }
}

async function write(stream: PassThrough, bytes: number): Promise<void> {
  await new Promise<void>((resolve) => stream.write('x'.repeat(bytes), () => resolve()))
  await new Promise((resolve) => setImmediate(resolve))
}

it('a message that is refused holds nothing while the rest of it comes', async () => {
  const { stream, memory, whole } = collecting()
  await write(stream, 5000)
  expect(memory.usedBytes).toBe(5000)
  await write(stream, 5000)
  expect(memory.usedBytes).toBe(0)
  await write(stream, 5000)
  expect(memory.usedBytes).toBe(0)
  stream.end()
  await expect(whole).rejects.toMatchObject({ responseCode: 552 })
})

it('what comes byte by byte is charged with what it holds, and that is not much more', async () => {
  const { stream, memory, whole } = collecting()
  for (let count = 0; count < 1000; count += 1) await write(stream, 1)
  expect(memory.usedBytes).toBeGreaterThanOrEqual(1000)
  expect(memory.usedBytes).toBeLessThanOrEqual(2048)
  stream.end()
  const { content } = await whole
  expect((await content.slice(0, 2000)).toString()).toBe('x'.repeat(1000))
})

it.each([
  ['a large message is handed on in a turn of its own, others are served before', 2_000_000, true],
  ['a small one at once', 2000, false],
])('%s', async (_name, bytes, isLater) => {
  const { stream, whole } = collecting(defaultSmtpLimits)
  const served: string[] = []
  stream.once('end', () => setImmediate(() => served.push('others')))
  const handed = whole.then(({ content }) => served.push(`${content.length} bytes`))
  await write(stream, bytes)
  stream.end()
  await handed
  expect(served).toEqual([...(isLater ? ['others'] : []), `${bytes} bytes`])
})

describe('a message of more than 1 MiB', () => {
  const bytes = 5_000_000
  const parent = mkdtempSync(join(tmpdir(), 'gatepost-collect-'))
  afterAll(() => rmSync(parent, { recursive: true }))

  async function spooling(folder: string): Promise<Spool> {
    return openSpool({ folder, maxBytes: 20_000_000, maxMessageBytes: bytes })
  }

  it('is in a file, and charged with no more than that', async () => {
    const folder = join(parent, 'whole')
    const spool = await spooling(folder)
    const { stream, memory, whole } = collecting(defaultSmtpLimits, spool)
    const sent = Buffer.alloc(bytes, 'Subject: x\r\n\r\n0123456789\r\n')
    for (let at = 0; at < bytes; at += 50_000) {
      await new Promise((resolve) => stream.write(sent.subarray(at, at + 50_000), resolve))
      expect(memory.usedBytes).toBeLessThanOrEqual(spoolAfterBytes)
    }
    stream.end()
    {
      await using message = await whole
      const { content } = message
      expect(spool.usedBytes).toBe(bytes)
      expect([content.length, content.hasNul, message.bareLineEnding]).toEqual([bytes, false, -1])
      expect(content.head).toEqual(sent.subarray(0, content.head.length))
      expect(content.head.length).toBeGreaterThan(500_000)
      const spooled = (await content.withBeginning([Buffer.from('Received: x\r\n')], 5)) as never
      const read = readContent(spooled)
      expect(
        Buffer.compare(read, Buffer.concat([Buffer.from('Received: x\r\n'), sent.subarray(5)])),
      ).toBe(0)
    }
    expect([readdirSync(folder), spool.usedBytes, memory.usedBytes]).toEqual([[], 0, 0])
  })

  it('has its NUL and its bare line ending found in the file', async () => {
    const { stream, whole } = collecting(defaultSmtpLimits, await spooling(join(parent, 'odd')))
    const sent = Buffer.alloc(2_000_000, 'a')
    sent.write('\0b\nc', 1_999_000)
    stream.end(sent)
    await using message = await whole
    expect([message.content.hasNul, message.bareLineEnding]).toEqual([true, 1_999_002])
    expect(await message.content.slice(1_999_001, 1_999_004)).toEqual(Buffer.from('b\nc'))
  })

  it('that is refused, or whose client goes, leaves no file', async () => {
    const folder = join(parent, 'refused')
    const spool = await spooling(folder)
    const refused = collecting({ ...limits, maxMessageBytes: 2_000_000 }, spool)
    const ended = expect(refused.whole).rejects.toMatchObject({ responseCode: 552 })
    await write(refused.stream, 1_500_000)
    await write(refused.stream, 1_500_000)
    refused.stream.end()
    await ended
    expect([readdirSync(folder), spool.usedBytes]).toEqual([[], 0])
    const gone = collecting(defaultSmtpLimits, spool)
    const lost = expect(gone.whole).rejects.toMatchObject({ responseCode: 451 })
    await write(gone.stream, 1_500_000)
    gone.stream.destroy()
    await lost
    expect([readdirSync(folder), spool.usedBytes]).toEqual([[], 0])
  })

  it('for which the disk has no room is told to come later', async (context) => {
    const folder = join(parent, 'full')
    mkdirSync(folder)
    using disk = SmallDisk.mount(context, folder, { megabytes: 2 })
    const { stream, whole } = collecting(defaultSmtpLimits, await spooling(disk.path))
    const ended = expect(whole).rejects.toMatchObject({ responseCode: 452 })
    for (let at = 0; at < 4; at += 1) await write(stream, 1_000_000)
    stream.end()
    await ended
    expect(readdirSync(folder)).toEqual([])
  })
})
