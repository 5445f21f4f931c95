import { PassThrough } from 'node:stream'

import { parseIp, systemClock } from '@gatepost/core'
import { DataMemory } from '@gatepost/core'
import { expect, it } from 'vitest'

import { collectMessage, type CollectedMessage } from './collect-message.ts'
import { defaultSmtpLimits } from './smtp-limits.ts'

const limits = { ...defaultSmtpLimits, maxBytesInFlight: 80_000, maxMessageBytes: 8000 }

function collecting(of: typeof limits = limits): {
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
  expect((await whole).content.slice(0, 2000).toString()).toBe('x'.repeat(1000))
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
