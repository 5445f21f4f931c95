import fc from 'fast-check'
import { expect, it } from 'vitest'

import { MessagePieces } from './message-pieces.ts'

function piecesOf(bytes: Buffer, size: number): MessagePieces {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return new MessagePieces(pieces)
}

it('is the same bytes, however they came, and from wherever', async () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
  await fc.assert(
    fc.asyncProperty(bytes, fc.integer({ min: 1, max: 70 }), fc.nat(70), async (all, size, at) => {
      const pieces = piecesOf(all, size)
      expect(pieces.length).toBe(all.length)
      expect(pieces.slice(at, at + 9)).toEqual(all.subarray(at, at + 9))
      const whole = await pieces.withBeginning([Buffer.from('a'), Buffer.from('bc')], at)
      expect(whole).toEqual(Buffer.concat([Buffer.from('abc'), all.subarray(at)]))
    }),
  )
})

it('a message of many megabytes leaves the event loop many turns while it is put together', async () => {
  for (const size of [16_384, 20_000_000]) {
    const bytes = Buffer.alloc(20_000_000, 'x')
    let turns = 0
    let isDone = false
    const count = (): void => {
      turns += 1
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    const whole = await piecesOf(bytes, size).withBeginning([Buffer.from('Received: x\r\n')], 5)
    isDone = true
    expect(whole.length).toBe(20_000_008)
    expect(whole.equals(Buffer.concat([Buffer.from('Received: x\r\n'), bytes.subarray(5)]))).toBe(
      true,
    )
    // Nobody else's bytes are in its memory: it can be given to another thread.
    expect(whole.buffer.byteLength).toBe(whole.length)
    expect(turns).toBeGreaterThanOrEqual(18)
  }
})

it('a small message is put together in the same turn', async () => {
  let hasTurned = false
  setImmediate(() => {
    hasTurned = true
  })
  await piecesOf(Buffer.alloc(500_000), 16_384).withBeginning([], 0)
  expect(hasTurned).toBe(false)
})
