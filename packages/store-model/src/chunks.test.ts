import { randomBytes } from 'node:crypto'

import fc from 'fast-check'
import { expect, it } from 'vitest'

import { chunkBytes, packChunks, unpackChunk } from './chunks.ts'

function through(content: Uint8Array): Buffer {
  return Buffer.concat(packChunks(content).map(unpackChunk))
}

it('gives back every byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(20_000), (piece, times) => {
      const content = Buffer.concat(Array.from({ length: times % 8000 }, () => piece))
      expect(through(content).equals(content)).toBe(true)
    }),
  )
  const long = Buffer.alloc(3 * chunkBytes + 5, 'abcdefg')
  expect(through(long).equals(long)).toBe(true)
})

it('compresses where it pays', () => {
  const text = Buffer.alloc(100_000, 'The same words again and again. ')
  const [chunk] = packChunks(text)
  expect(chunk?.encoding).toBe(1)
  expect(chunk?.bytes.byteLength).toBeLessThan(1000)
  expect(packChunks(text.subarray(0, 4096))[0]?.encoding).toBe(0)
  expect(packChunks(randomBytes(100_000))[0]?.encoding).toBe(0)
})

it('refuses what unpacks to more than a chunk, or is of no known encoding', () => {
  const [bomb] = packChunks(Buffer.alloc(chunkBytes))
  const twice = Buffer.concat([bomb?.bytes ?? Buffer.alloc(0), bomb?.bytes ?? Buffer.alloc(0)])
  expect(() => unpackChunk({ encoding: 1, bytes: twice })).toThrow(Error)
  expect(() => unpackChunk({ encoding: 1, bytes: Buffer.from('no zstd') })).toThrow(Error)
  expect(() => unpackChunk({ encoding: 9, bytes: Buffer.alloc(1) })).toThrow('encoding 9')
})
