import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { CommandFramer, type Frame } from './command-framer.ts'

const limits = { maxCommandBytes: 1000, maxLiterals: 3 }

/** What comes out when the bytes come in these pieces and every literal up to `maxLiteralBytes` is accepted. */
function frames(chunks: readonly Buffer[], maxLiteralBytes = 100): Frame[] {
  const framer = new CommandFramer(limits)
  const found: Frame[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      found.push(frame)
      if (frame.kind === 'tooLong') return found
      if (frame.kind !== 'literal') continue
      if (frame.sizeBytes <= maxLiteralBytes) framer.acceptLiteral()
      else framer.refuseLiteral()
    }
  }
  return found
}

function commands(text: string, maxLiteralBytes?: number): (readonly [string, string[]])[] {
  return frames([Buffer.from(text, 'latin1')], maxLiteralBytes).flatMap((frame) =>
    frame.kind === 'command'
      ? [[frame.line, frame.literals.map((bytes) => bytes.toString('latin1'))] as const]
      : [],
  )
}

describe('CommandFramer', () => {
  it('cuts at line ends, with or without CR', () => {
    expect(commands('a NOOP\r\nb NOOP\nc NO')).toEqual([
      ['a NOOP', []],
      ['b NOOP', []],
    ])
  })

  it('takes literals of both kinds out of the line', () => {
    expect(commands('a LOGIN {2}\r\nme {3+}\r\nx\r\n y\r\nb NOOP\r\n')).toEqual([
      ['a LOGIN {2}\r\n {3}\r\n y', ['me', 'x\r\n']],
      ['b NOOP', []],
    ])
  })

  it('leaves an empty literal out of the list', () => {
    expect(commands('a LOGIN {0+}\r\n {1+}\r\nx\r\n')).toEqual([['a LOGIN {0}\r\n {1}\r\n', ['x']]])
  })

  it('tells a literal before its bytes have come', () => {
    expect(frames([Buffer.from('a APPEND x {99}\r\n')])).toEqual([
      { kind: 'literal', line: 'a APPEND x {99}', sizeBytes: 99, isSynchronising: true },
    ])
  })

  it('goes on with the next command after refusing a client that waits', () => {
    expect(commands('a APPEND x {500}\r\nb NOOP\r\n')).toEqual([['b NOOP', []]])
  })

  it('skips the literal of a client that does not wait, and never reads it as commands', () => {
    const inside = 'x DELETE INBOX\r\n'.repeat(10)
    expect(commands(`a APPEND x {${inside.length}+}\r\n${inside}\r\nb NOOP\r\n`)).toEqual([
      ['b NOOP', []],
    ])
  })

  it('skips further literals of a refused command', () => {
    expect(commands('a X {200+}\r\n' + 'y'.repeat(200) + ' {3+}\r\nzzz end\r\nb NOOP\r\n')).toEqual(
      [['b NOOP', []]],
    )
  })

  it.each([
    ['a line without an end', 'a'.repeat(1001)],
    ['a line with an end', `${'a'.repeat(1001)}\r\n`],
    ['lines with literals between them', `a ${'x'.repeat(600)} {1+}\r\ny${'x'.repeat(600)}\r\n`],
    ['too many literals', 'a {1+}\r\nx {1+}\r\nx {1+}\r\nx {1+}\r\nx\r\n'],
  ])('gives up at %s', (_name, text) => {
    expect(frames([Buffer.from(text)]).at(-1)).toEqual({ kind: 'tooLong' })
  })

  it('gives bare lines, where braces mean nothing', () => {
    const framer = new CommandFramer(limits)
    framer.push(Buffer.from('abc{5}\r\nDO'))
    expect(framer.nextLine()).toBe('abc{5}')
    expect(framer.nextLine()).toBeUndefined()
    framer.push(Buffer.from('NE\r\n'))
    expect(framer.nextLine()).toBe('DONE')
  })

  it('hands on the bytes of a literal that is passed, however they are cut', () => {
    const text = Buffer.from('a APPEND x {9+}\r\n12\r\n{5}\r\n (y)\r\nb NOOP\r\n')
    for (let size = 1; size <= text.length; size += 1) {
      const framer = new CommandFramer(limits)
      const marker = Buffer.from('m')
      const found: Frame[] = []
      for (let at = 0; at < text.length; at += size) {
        framer.push(text.subarray(at, at + size))
        for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
          found.push(frame)
          if (frame.kind === 'literal') framer.passLiteral(marker)
        }
      }
      const pieces = found.flatMap((frame) => (frame.kind === 'piece' ? [frame.bytes] : []))
      expect(Buffer.concat(pieces).toString()).toBe('12\r\n{5}\r\n')
      expect(found.filter(({ kind }) => kind === 'command')).toEqual([
        { kind: 'command', line: 'a APPEND x {9}\r\n (y)', literals: [marker] },
        { kind: 'command', line: 'b NOOP', literals: [] },
      ])
    }
  })

  it('forgets everything when told to, in the middle of a literal too', () => {
    const framer = new CommandFramer(limits)
    framer.push(Buffer.from('a LOGIN {5+}\r\nab'))
    framer.next()
    framer.acceptLiteral()
    framer.next()
    framer.push(Buffer.from('rest'))
    expect(framer.discard()).toBe(4)
    framer.push(Buffer.from('b NOOP\r\n'))
    expect(framer.next()).toEqual({ kind: 'command', line: 'b NOOP', literals: [] })
  })

  it('gives the same frames however the bytes are cut', () => {
    const piece = fc.constantFrom(
      'a NOOP\r\n',
      'b X {3+}\r\n',
      'c {500}\r\n',
      'd {120+}\r\n',
      'xyz',
      '\n',
      '{1}',
    )
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(20)), (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(''))
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          chunks.push(whole.subarray(at, at + cut))
          at += cut
        }
        chunks.push(whole.subarray(at))
        expect(frames(chunks)).toEqual(frames([whole]))
      }),
    )
  })
})
