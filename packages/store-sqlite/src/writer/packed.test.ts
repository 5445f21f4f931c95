import fc from 'fast-check'
import { expect, it } from 'vitest'

import { pack, transferable, unpack } from './packed.ts'

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.uint8Array({ maxLength: 50 }),
)

it('a packed value is what it was, wherever its bytes travelled', () => {
  const value = fc.array(fc.dictionary(fc.string(), fc.array(leaf, { maxLength: 5 })))
  fc.assert(
    fc.property(value, (given) => {
      expect(plain(unpack(pack(given)))).toEqual(plain(given))
    }),
  )
})

it('keeps large memory beside, once where two values share it', () => {
  const large = new Uint8Array(100_000).fill(7)
  const packed = pack([
    { bytes: large },
    { bytes: large.subarray(1) },
    { bytes: large.slice(0, 9) },
  ])
  expect(packed.large.map(({ byteLength }) => byteLength)).toEqual([100_000, 99_999])
  expect(packed.bytes.byteLength).toBeLessThan(200)
  const moved = structuredClone(packed, { transfer: transferable(packed) })
  expect([large.byteLength, packed.bytes.byteLength]).toEqual([0, 0])
  const [first, second, third] = unpack(moved) as { bytes: Uint8Array }[]
  expect(first?.bytes).toEqual(new Uint8Array(100_000).fill(7))
  expect(second?.bytes.byteLength).toBe(99_999)
  expect(plain(third)).toEqual({ bytes: Array.from({ length: 9 }, () => 7) })
})

it('takes no views of something else than bytes', () => {
  expect(() => pack(new Float64Array(3))).toThrow('something else')
})

/** Small views come back as Node's buffers. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value]
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
}
