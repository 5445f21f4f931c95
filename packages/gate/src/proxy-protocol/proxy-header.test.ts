import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseProxyHeader } from './proxy-header.ts'

function v2(command: number, family: number, payload: readonly number[]): Buffer {
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
  return Buffer.concat([
    head,
    Buffer.from([0x20 | command, family, payload.length >> 8, payload.length & 255, ...payload]),
  ])
}
const v4Payload = [192, 0, 2, 7, 10, 0, 0, 1, 0x9c, 0x40, 0, 25]

describe('parseProxyHeader', () => {
  it('reads version 1', () => {
    expect(
      parseProxyHeader(Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 40000 25\r\nEHLO')),
    ).toMatchObject({
      kind: 'client',
      bytes: 40,
      port: 40_000,
      address: { text: '192.0.2.7' },
    })
    expect(parseProxyHeader(Buffer.from('PROXY TCP6 2001:DB8::1 ::1 1 25\r\n'))).toMatchObject({
      address: { text: '2001:db8::1' },
    })
    expect(parseProxyHeader(Buffer.from('PROXY UNKNOWN\r\n'))).toEqual({ kind: 'local', bytes: 15 })
  })

  it('reads version 2 over IPv4 and IPv6, with what follows the addresses', () => {
    expect(parseProxyHeader(v2(1, 0x11, [...v4Payload, 4, 0, 0]))).toMatchObject({
      kind: 'client',
      bytes: 31,
      port: 40_000,
      address: { text: '192.0.2.7' },
    })
    const mapped = [
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      255,
      255,
      192,
      0,
      2,
      7,
      ...Array.from({ length: 16 }, () => 0),
      0,
      1,
      0,
      25,
    ]
    expect(parseProxyHeader(v2(1, 0x21, mapped))).toMatchObject({
      address: { family: 4, text: '192.0.2.7' },
      port: 1,
    })
    expect(parseProxyHeader(v2(0, 0, []))).toEqual({ kind: 'local', bytes: 16 })
  })

  it.each([
    ['a client without a header', Buffer.from('EHLO x\r\n')],
    ['a version 1 line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
    ['a version 1 line with a bad address', Buffer.from('PROXY TCP4 192.0.2 10.0.0.1 1 2\r\n')],
    [
      'a version 1 line with too many words',
      Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n'),
    ],
    ['a version 2 header with addresses cut short', v2(1, 0x11, [192, 0, 2])],
    [
      'a version 2 header of 64 KiB',
      Buffer.concat([v2(1, 0x11, []).subarray(0, 14), Buffer.from([255, 255])]),
    ],
    [
      'version 3',
      Buffer.concat([v2(1, 0x11, []).subarray(0, 12), Buffer.from([0x31, 0x11, 0, 0])]),
    ],
  ])('refuses %s', (_name, bytes) => {
    expect(parseProxyHeader(bytes).kind).toBe('invalid')
  })

  it('asks for more at every cut of a whole header', () => {
    for (const whole of [
      v2(1, 0x11, v4Payload),
      Buffer.from('PROXY TCP4 192.0.2.7 10.0.0.1 40000 25\r\n'),
    ])
      for (let length = 0; length < whole.length; length += 1)
        expect(parseProxyHeader(whole.subarray(0, length)).kind).toBe('incomplete')
  })

  it('answers something to any bytes', () => {
    const start = fc.constantFrom(
      Buffer.from('PROXY '),
      v2(1, 0x11, []).subarray(0, 12),
      Buffer.alloc(0),
    )
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, tail) => {
        const header = parseProxyHeader(Buffer.concat([head, tail]))
        expect(['incomplete', 'invalid', 'client', 'local']).toContain(header.kind)
      }),
    )
  })
})
