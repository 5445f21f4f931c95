import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readSocketMessage } from './socket-message.ts'

const read = (value: unknown): ReturnType<typeof readSocketMessage> =>
  readSocketMessage({ kind: 'value', value: JSON.parse(JSON.stringify(value)) as unknown })

describe('a message over a WebSocket', () => {
  it('is what its type says', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 1000 }), fc.jsonValue({ maxDepth: 5 }), (id, more) => {
        const request = { '@type': 'Request', id: id.toWellFormed(), more }
        expect(read(request)).toMatchObject({ kind: 'request', id: id.toWellFormed() })
      }),
    )
    expect(read({ '@type': 'WebSocketPushDisable' })).toEqual({ kind: 'pushDisable' })
    expect(
      read({ '@type': 'WebSocketPushEnable', dataTypes: ['Email'], pushState: 'aaa' }),
    ).toEqual({ kind: 'pushEnable', dataTypes: ['Email'], pushState: 'aaa' })
  })

  it('throws nothing, whatever the value', () => {
    for (const kind of ['notJson', 'tooDeep'] as const)
      expect(readSocketMessage({ kind }).kind).toBe('invalid')
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(read(value).kind).toBe('invalid')
      }),
    )
    fc.assert(
      fc.property(
        fc.constantFrom('Request', 'WebSocketPushEnable', 'WebSocketPushDisable', 'x'),
        fc.dictionary(fc.constantFrom('id', 'dataTypes', 'pushState', 'using'), fc.jsonValue()),
        (type, properties) => {
          const { kind } = read({ ...properties, '@type': type })
          expect(['request', 'pushEnable', 'pushDisable', 'invalid']).toContain(kind)
        },
      ),
    )
  })

  it.each([
    ['a long id', { '@type': 'Request', id: 'x'.repeat(1001) }],
    ['no types', { '@type': 'WebSocketPushEnable' }],
    [
      'many types',
      { '@type': 'WebSocketPushEnable', dataTypes: Array.from({ length: 101 }, String) },
    ],
    ['types that are none', { '@type': 'WebSocketPushEnable', dataTypes: [5] }],
    [
      'a long state',
      { '@type': 'WebSocketPushEnable', dataTypes: null, pushState: 'x'.repeat(16_385) },
    ],
    ['a state that is none', { '@type': 'WebSocketPushEnable', dataTypes: null, pushState: 7 }],
  ])('with %s is none', (_name, value) => {
    expect(read(value)).toMatchObject({ kind: 'invalid', problem: { problem: { status: 400 } } })
  })
})
