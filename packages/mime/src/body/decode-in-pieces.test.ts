import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { cpuOf } from '../cpu-of.ts'
import { CharsetDecoder } from './charset-decoder.ts'
import { decodeCharset } from './charset.ts'
import { decodedLength } from './decoded-length.ts'
import { transferDecoder } from './transfer-decoder.ts'
import { decodeTransfer } from './transfer-encoding.ts'

function* cut(bytes: Buffer, step: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

function transferred(raw: Buffer, encoding: string, step: number): Buffer {
  const decoder = transferDecoder(encoding)
  const pieces = [...cut(raw, step)].map((piece) => Buffer.from(decoder.write(piece)))
  return Buffer.concat([...pieces, decoder.end()])
}

function decoded(octets: Buffer, label: string | undefined, step: number): object {
  const decoder = new CharsetDecoder(label)
  const pieces = [...cut(octets, step)]
  const none = Buffer.alloc(0)
  for (const piece of pieces) decoder.look(piece, 'no')
  decoder.look(none, 'whole')
  const text = pieces.map((piece) => decoder.decode(piece, 'no')).join('')
  return {
    text: text + decoder.decode(none, 'whole'),
    isEncodingProblem: decoder.isEncodingProblem,
  }
}

describe('decoding in pieces', () => {
  it('where the pieces of a transfer encoding end does not matter', () => {
    const token = fc.constantFrom(
      '=',
      '=4',
      '=41',
      'A',
      'g',
      ' ',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '=\r\n',
      '= \n',
      '=0D',
      'QUJD',
    )
    fc.assert(
      fc.property(
        fc.array(token, { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('quoted-printable', 'base64', '8bit'),
        (tokens, step, encoding) => {
          const raw = Buffer.from(tokens.join(''))
          const whole = decodeTransfer(raw, encoding)
          expect(transferred(raw, encoding, step)).toEqual(whole)
          expect(decodedLength(raw, encoding)).toBe(whole.length)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('white space that is longer than any line is content, and costs no more than its bytes', () => {
    const raw = Buffer.from(`a${' '.repeat(10_000)}b${'= \t'.repeat(3000)}c \nd`)
    const whole = decodeTransfer(raw, 'quoted-printable')
    expect(whole.toString()).toBe(`a${' '.repeat(10_000)}b${'= \t'.repeat(3000)}c\nd`)
    for (const step of [1, 4096, 5000])
      expect(transferred(raw, 'quoted-printable', step)).toEqual(whole)
    const soft = Buffer.from(`a=${' '.repeat(100)}\nb`)
    expect(transferred(soft, 'quoted-printable', 7).toString()).toBe('ab')
  })

  it('where the pieces of a charset end does not matter', () => {
    const labels = [
      undefined,
      'utf-8',
      'us-ascii',
      'iso-8859-1',
      'gb18030',
      'shift_jis',
      'utf-16le',
      'iso-2022-kr',
      'hz-gb-2312',
      'utf-7',
      'cp437',
    ]
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text)),
      fc
        .array(
          fc.constantFrom(
            '\x1b$B',
            '\x1b(B',
            '\x1b(J',
            '\x0e',
            '\x0f',
            '~{',
            '~}',
            '~',
            '+2D3',
            '-',
            'F|',
            '\\',
            '\n',
          ),
        )
        .map((pieces) => Buffer.from(pieces.join(''))),
      fc.constantFrom('\ufeffä', 'ä€😀').map((text) => Buffer.from(text)),
      fc.constantFrom('\ufeffä', '\ufeff\ufeffä').map((text) => Buffer.from(text, 'utf16le')),
    )
    fc.assert(
      fc.property(
        octets,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...labels, 'x-nobody', 'iso-2022-jp'),
        (bytes, step, label) => {
          const whole = Buffer.from(bytes)
          expect(decoded(whole, label, step)).toEqual(decodeCharset(whole, label))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('a character that is cut off is no encoding problem, and no reason to guess another charset', () => {
    const octets = Buffer.from('Grüße aus Köln €').subarray(0, -1)
    for (const label of ['utf-8', 'us-ascii', undefined]) {
      const decoder = new CharsetDecoder(label)
      decoder.look(octets, 'cut')
      expect(decoder.decode(octets, 'cut')).toBe('Grüße aus Köln ')
      expect(decoder.isEncodingProblem).toBe(false)
    }
  })

  it('a cut behind many octets that are no text takes time that grows with them and no faster', () => {
    const [short, long] = [Buffer.alloc(2000, 0xff), Buffer.alloc(32_000, 0xff)]
    const [ofShort, ofLong] = [short, long].map((octets) => {
      octets.write('a', octets.length - 1)
      return cpuOf(() => new CharsetDecoder('gbk').decode(octets, 'cut'))
    })
    // With its square it would be 256 times as long: 120,000 octets held the event loop for ten seconds.
    expect(ofLong).toBeLessThan(100 * (ofShort ?? 0))
  })
})
