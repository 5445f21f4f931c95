import { expect, it } from 'vitest'

import { checkRecordOp } from './records.ts'

function check(body: unknown): void {
  checkRecordOp({ op: 'putRecord', type: 'Test', id: 'a', body: body as never })
}

it('a body that is far too large is not written as JSON to find out', () => {
  const large = Array.from({ length: 40 }, () => 'x'.repeat(65_000))
  for (const list of [large, [large]]) {
    // The first thing that JSON.stringify asks an object for.
    const body = new Proxy(list, {
      get: (target, property) => {
        if (property === 'toJSON') throw new Error('written as JSON')
        return Reflect.get(target, property) as unknown
      },
    })
    expect(() => check(body)).toThrow(/65536 bytes/)
  }
})

it('a body is counted in bytes of UTF-8, with its escapes', () => {
  expect(() => check('\u20ac'.repeat(21_844))).not.toThrow()
  expect(() => check('\u20ac'.repeat(21_845))).toThrow(/65536 bytes/)
  expect(() => check('\n'.repeat(32_767))).not.toThrow()
  expect(() => check('\n'.repeat(32_768))).toThrow(/65536 bytes/)
})

it('a body is as deep as its levels, not as long as its lists', () => {
  expect(() => check(Array.from({ length: 1_000 }, () => [[], {}]))).not.toThrow()
  let deep: unknown = {}
  for (let level = 1; level < 65; level += 1) deep = { a: deep }
  expect(() => check(deep)).toThrow(/64 levels/)
  expect(() => check((deep as { a: unknown }).a)).not.toThrow()
})
