import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { JsonError, type JsonLimits } from './json-fault.ts'
import { JsonReader } from './json-reader.ts'

const limits: JsonLimits = {
  maxJsonDepth: 32,
  maxJsonNodes: 100_000,
  maxObjectNames: 1000,
  maxArrayItems: 1000,
}

function read(text: string, step: number = 1 << 20, more: Partial<JsonLimits> = {}): unknown {
  const reader = new JsonReader(Buffer.from(text), { ...limits, ...more })
  for (let turns = 0; turns < 10_000_000; turns++)
    if (reader.readOn(step, 1 << 20)) return reader.value
  throw new Error('it does not end')
}

function faultOf(text: string, more: Partial<JsonLimits> = {}): unknown {
  try {
    return read(text, 1 << 20, more)
  } catch (error) {
    if (error instanceof JsonError) return error.fault
    throw error
  }
}

describe('reading JSON in pieces', () => {
  it('is what JSON.parse reads, wherever the pieces end', () => {
    const json = fc.json({ depthSize: 'small', stringUnit: 'binary-ascii' })
    fc.assert(
      fc.property(
        fc.oneof(json, fc.json({ stringUnit: 'grapheme' })),
        fc.integer({ min: 1, max: 50 }),
        (text, step) => {
          expect(read(text, step)).toEqual(JSON.parse(text))
        },
      ),
    )
  })

  it('takes nothing that JSON.parse does not take', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      '0',
      '.5',
      'e1',
      'null',
      'tru',
      ' ',
      '\\',
      '\\n',
      '\\u00',
      '\u0001',
      'true',
      '1.',
      '01',
      '-0',
      '"\\x"',
      '"\\u12"',
      '\ufeff',
    )
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (list, step) => {
          const text = list.join('')
          let parsed: unknown = notJson
          try {
            parsed = JSON.parse(text)
          } catch {}
          let own: unknown = notJson
          try {
            own = read(text, step)
          } catch (error) {
            expect(error).toBeInstanceOf(JsonError)
          }
          // The one name that is there is `a`: twice in an object it is no I-JSON.
          if (own !== notJson || !/"a".*"a"/.test(text)) expect(own).toEqual(parsed)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('a long string is the same however it is cut', () => {
    const unit = 'aä€😀\n"\\\u0001\ud83d\ude00'
    const text = unit.repeat(20_000)
    const json = JSON.stringify(text).replaceAll('😀', '\\ud83d\\ude00')
    for (const step of [65_536, 7777, 1000]) expect(read(json, step)).toBe(text)
  })

  it.each(['"\\ud800"', '"\\udc00x"', '{"\\ud800":1}', `"${'x'.repeat(40_000)}\\ud800"`])(
    'I-JSON has no lone surrogates: %s',
    (text) => expect(faultOf(text)).toEqual(notJson),
  )

  it.each([
    '{"a":1,"a":1}',
    '{"a":{"b":1},"a":null}',
    '[{"x":1,"a":1,"\\u0061":2}]',
    '{"__proto__":1,"__proto__":1}',
  ])('I-JSON has no name twice: %s', (text) => expect(faultOf(text)).toEqual(notJson))

  it('a name may be in several objects, and be one that every object inherits', () => {
    const text = '{"a":{"a":[{"a":1},{"a":2}]},"constructor":1,"toString":{"constructor":2}}'
    expect(read(text)).toEqual(JSON.parse(text))
  })

  it('__proto__ is a name like any other', () => {
    const value = read('{"__proto__":{"a":1}}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it.each([
    ['names of one object', '{"a":1,"b":1,"c":1,"d":1}', 'maxObjectNames'],
    ['items of one array', '[1,1,1,1]', 'maxArrayItems'],
    ['values', '[[1,1],[1,1],[1,1]]', 'maxJsonNodes'],
  ])('too many %s are refused', (_what, text, limit) => {
    const few = { maxObjectNames: 3, maxArrayItems: 3, maxJsonNodes: 9 }
    expect(faultOf(text, few)).toEqual({ kind: 'tooMany', limit })
    expect(faultOf(text)).not.toHaveProperty('kind')
  })

  it('nesting is bounded', () => {
    expect(faultOf('['.repeat(33))).toEqual({ kind: 'tooDeep' })
    expect(faultOf(`${'['.repeat(32)}${']'.repeat(32)}`)).toBeInstanceOf(Array)
  })

  it('reads no further than it is told', () => {
    const reader = new JsonReader(Buffer.from(`[${'1,'.repeat(900)}1]`), limits)
    expect(reader.readOn(1 << 20, 100)).toBe(false)
    expect(reader.nodes).toBe(100)
    const long = new JsonReader(Buffer.from(`"${'x'.repeat(100_000)}"`), limits)
    expect(long.readOn(1000, 100)).toBe(false)
    expect(long.at).toBe(1000)
  })
})

const notJson = { kind: 'notJson' }
