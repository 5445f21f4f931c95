import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parsePathCommand } from './path-command.ts'

const strict = { isLenient: false }
const lenient = { isLenient: true }

describe('a path command', () => {
  it.each([
    ['MAIL', 'MAIL FROM:<>', ''],
    ['MAIL', 'mail from:<a@xn--bcher-kva.example>', 'a@xn--bcher-kva.example'],
    ['MAIL', 'MAIL FROM:<a@b\u00fccher.example> SMTPUTF8', 'a@b\u00fccher.example'],
    ['RCPT', 'RCPT TO:<"a b"@b.example>', '"a b"@b.example'],
    ['RCPT', 'RCPT TO:<"a@b>\\"c,:"@b.example>', '"a@b>\\"c,:"@b.example'],
    ['RCPT', 'RCPT TO:<a..b@under_score.example>', 'a..b@under_score.example'],
    ['RCPT', 'RCPT TO:<@one.example,@two.example:a@b.example>', 'a@b.example'],
    ['RCPT', 'RCPT TO:<@one.example:"a b"@[192.0.2.1]>', '"a b"@[192.0.2.1]'],
    ['RCPT', 'RCPT TO:<a@[IPv6:2001:db8::1]>', 'a@[IPv6:2001:db8::1]'],
    ['RCPT', 'RCPT TO:<PostMaster>', 'PostMaster'],
  ] as const)('%s: %j', (verb, line, address) => {
    expect(parsePathCommand(verb, line, strict)).toMatchObject({ kind: 'path', address })
  })

  it.each([
    ['MAIL', 'MAIL FROM:  <a@b.example> SIZE=1', 'a@b.example'],
    ['MAIL', 'MAIL FROM:a@b.example SIZE=1', 'a@b.example'],
    ['MAIL', 'MAIL FROM: <>', ''],
    ['RCPT', 'RCPT TO: "a b"@b.example', '"a b"@b.example'],
    ['RCPT', 'RCPT TO:postmaster', 'postmaster'],
  ] as const)('%s, as printers write it: %j', (verb, line, address) => {
    expect(parsePathCommand(verb, line, lenient)).toMatchObject({ kind: 'path', address })
    expect(parsePathCommand(verb, line, strict).kind).not.toBe('path')
  })

  it.each([
    ['MAIL', 'MAIL FROM:<a@@b.example>'],
    ['MAIL', 'MAIL FROM:'],
    ['MAIL', 'MAIL TO:<a@b.example>'],
    ['MAIL', 'MAIL FROM:<postmaster>'],
    ['MAIL', 'MAIL FROM:<a@b.example>SIZE=1'],
    ['MAIL', 'MAIL FROM:<a@b.example'],
    ['MAIL', 'MAIL FROM:<"a@b.example>'],
    ['MAIL', 'MAIL FROM:<"a"b@b.example>'],
    ['MAIL', 'MAIL FROM:<a b@b.example>'],
    ['MAIL', 'MAIL FROM:<"a\r\nX: y"@b.example>'],
    ['MAIL', 'MAIL FROM:<"a\\\nb"@b.example>'],
    ['MAIL', 'MAIL FROM:<"a\u0085b"@b.example>'],
    ['MAIL', 'MAIL FROM:<a\u200bb@b.example>'],
    ['MAIL', 'MAIL FROM:<a\ufffd@b.example> SMTPUTF8'],
    ['RCPT', 'RCPT TO:<>'],
    ['RCPT', 'RCPT TO:<@one.example:>'],
    ['RCPT', 'RCPT TO:<@one.example:postmaster>'],
    ['RCPT', 'RCPT TO:<a@b.example><c@d.example>'],
  ] as const)('%s: %j is malformed', (verb, line) => {
    for (const how of [strict, lenient])
      expect(parsePathCommand(verb, line, how)).toEqual({ kind: 'malformed' })
  })

  it.each([
    ['MAIL', 'MAIL FROM:<a@b.example> envid=ab+0D+0Acd', 'ENVID'],
    ['MAIL', 'MAIL FROM:<a@b.example> ENVID=ab+85', 'ENVID'],
    ['MAIL', 'MAIL FROM:<a@b.example> ENVID=\ufffd', 'ENVID'],
    ['RCPT', 'RCPT TO:<a@b.example> ORCPT=rfc822;a+0Ab@c', 'ORCPT'],
  ] as const)('%s: %j has a value that forges what it is written to', (verb, line, name) => {
    expect(parsePathCommand(verb, line, strict)).toEqual({ kind: 'badParameter', name })
  })

  it.each([
    ['MAIL', 'MAIL FROM:<a@b.example> HOLDFOR=5', 'HOLDFOR'],
    ['MAIL', 'MAIL FROM:<"a> SIZE=1"@b.example> HOLDFOR=5', 'HOLDFOR'],
    ['RCPT', 'RCPT TO:<a@b.example> SIZE=5', 'SIZE'],
    ['RCPT', `RCPT TO:<a@b.example> ${'x\u0001'.repeat(50)}`, 'X?'.repeat(16)],
  ] as const)('%s: %j has a parameter that was never announced', (verb, line, name) => {
    expect(parsePathCommand(verb, line, strict)).toEqual({ kind: 'unknownParameter', name })
  })

  it('reads parameters, and tells of one that is there twice', () => {
    const line =
      'MAIL FROM:<a@b.example> size=1 BODY=8BITMIME  SMTPUTF8 ENVID=x+2By= AUTH=<> SIZE=2 '
    expect(parsePathCommand('MAIL', line, strict)).toEqual({
      kind: 'path',
      address: 'a@b.example',
      parameters: new Map<string, string | true>([
        ['SIZE', '2'],
        ['BODY', '8BITMIME'],
        ['SMTPUTF8', true],
        ['ENVID', 'x+y='],
        ['AUTH', '<>'],
      ]),
      duplicate: 'SIZE',
    })
  })

  it('lets no control character through, whatever it is made of', () => {
    const pieces = fc.constantFrom(
      ...'"\\<>@:,= +\r\n\0\u0085aA'.split(''),
      'a@b',
      '+0A',
      'SIZE',
      'ENVID=',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.boolean(), (parts, isLenient) => {
        const found = parsePathCommand('MAIL', `MAIL FROM:${parts.join('')}`, { isLenient })
        if (found.kind !== 'path') return
        const values = [found.address, ...found.parameters.keys(), ...found.parameters.values()]
        expect(values.join('')).not.toMatch(/\p{Cc}/u)
      }),
    )
  })

  it.each(['"', '\\"', '@a,', '@a', 'a', '<', '"a\\', ' SIZE=', ' ', '+'])(
    'takes time that is linear in a line of %j',
    (piece) => {
      // Quadratic work on this many would take minutes.
      const line = `MAIL FROM:<${piece.repeat(1_000_000 / piece.length)}`
      for (const how of [strict, lenient])
        expect(parsePathCommand('MAIL', line, how).kind).not.toBe('path')
    },
    60_000,
  )
})
