import { isAscii } from 'node:buffer'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeBody, decodeText } from '../body/decode-body.ts'
import type { MimePart } from '../mime-index.ts'
import { indexMessage } from '../structure/index-message.ts'
import { walkParts } from '../structure/sections.ts'
import { hasLongLine, LineTraitsReader } from './line-traits.ts'
import { makeSendable } from './make-sendable.ts'

const sevenBit = { allows8Bit: false }

function crlf(text: string): Buffer {
  return Buffer.from(text.replaceAll('\n', '\r\n'))
}

/** @throws when it cannot be sent */
function sent(message: Buffer, options = sevenBit): Buffer {
  const result = makeSendable(message, options)
  if (result.kind !== 'message') throw new Error(result.obstacle)
  expect(hasLongLine(result.content)).toBe(false)
  expect(result.content.includes(0)).toBe(false)
  if (!options.allows8Bit) expect(isAscii(result.content)).toBe(true)
  return result.content
}

function leavesOf(message: Buffer): { part: MimePart; octets: Buffer }[] {
  return [...walkParts(indexMessage(message).root)]
    .filter(({ parts, message: inner }) => parts.length === 0 && inner === null)
    .map((part) => ({ part, octets: decodeBody(message, part) }))
}

function trimmedLeavesOf(message: Buffer): string[] {
  return leavesOf(message).map(({ octets }) => octets.toString().trimEnd())
}

function report(encoding: string, body: string): Buffer {
  return crlf(
    `Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/global\nContent-Transfer-Encoding: ${encoding}\n\n${body}\n--b--\n`,
  )
}

describe('makeSendable', () => {
  it('writes one Content-Transfer-Encoding where the old one has a long line as well', () => {
    const header = `Content-Transfer-Encoding: 8bit${' '.repeat(1_200)}\n`
    const text = sent(crlf(`MIME-Version: 1.0\n${header}\nGrüße\n`)).toString()
    expect(text.match(/^Content-Transfer-Encoding:.*$/gm)).toEqual([
      'Content-Transfer-Encoding: quoted-printable',
    ])
  })

  it('writes a text without MIME as quoted-printable, with the fields that this needs', () => {
    const message = crlf('Subject: x\nFrom: me@example.test\n\nGrüße = \nzweite\tZeile \n')
    const text = sent(message).toString()
    expect(text).toBe(
      crlf(
        'Subject: x\nFrom: me@example.test\nContent-Transfer-Encoding: quoted-printable\nMIME-Version: 1.0\n' +
          'Content-Type: text/plain; charset=utf-8\n\nGr=C3=BC=C3=9Fe =3D=20\nzweite\tZeile=20\n',
      ).toString(),
    )
  })

  it('leaves what is clean byte for byte', () => {
    const message = crlf('Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n')
    expect(sent(message).equals(message)).toBe(true)
  })

  it('converts every part by itself, and says 7bit around them', () => {
    const message = crlf(
      `MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b
Content-Transfer-Encoding: 8bit

Für alte Programme
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

é
--b
Content-Type: application/octet-stream
Content-Transfer-Encoding: binary

ÿÿ
--b
Content-Type: message/rfc822
Content-Transfer-Encoding: 8bit

Subject: inner
Content-Type: text/html; charset=iso-8859-1

<b>ü</b>
--b
Content-Type: text/plain

clean
--b--
`,
    )
    const content = sent(message)
    const before = leavesOf(message)
    const after = leavesOf(content)
    expect(after.map(({ octets }) => octets)).toEqual(before.map(({ octets }) => octets))
    expect(after.map(({ part }) => part.encoding)).toEqual([
      'quoted-printable',
      'base64',
      'quoted-printable',
      '7bit',
    ])
    expect(content.toString()).not.toContain('8bit')
    expect(content.toString()).not.toContain('alte')
  })

  it.each([
    ['a long line of text', `Content-Type: text/plain\n\n${'word '.repeat(500)}\n`],
    ['base64 in one line', `Content-Transfer-Encoding: base64\n\n${'QUJD'.repeat(1000)}\n`],
    [
      'an escape behind 998 octets',
      `Content-Transfer-Encoding: quoted-printable\n\n${'=41'.repeat(900)}\n`,
    ],
    ['NUL', 'Content-Type: text/plain\n\na\0b\n'],
    ['a field of white space', `Subject: a${' '.repeat(100_000)}\n\t\nTo: a@example.org\n\nx\n`],
    [
      'a field with much white space in it',
      `Subject: a${' '.repeat(900)}b${' '.repeat(400)}c\n\nx\n`,
    ],
    ['a long field', `Subject: ${'word '.repeat(500)}\nTo: a@example.org\n\nx\n`],
  ])('%s is made legal, also for a server that takes 8 bits', (_name, text) => {
    const message = crlf(text)
    const content = sent(message, { allows8Bit: true })
    expect(trimmedLeavesOf(content)).toEqual(trimmedLeavesOf(message))
    expect(indexMessage(content).envelope.subject).toBe(indexMessage(message).envelope.subject)
  })

  it.each([
    ['signed', 'Content-Type: multipart/signed; boundary=b\n\n--b\n\né\n--b\n\nsig\n--b--\n'],
    ['signed', `DKIM-Signature: v=1\n\n${'x'.repeat(999)}\n`],
    ['header', `X: ${'x'.repeat(999)}\n\nx\n`],
    [
      'header',
      'Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; name=é\n\nx\n--b--\n',
    ],
    ['structure', `Content-Type: multipart/mixed; boundary="é"\n\n--é\n\nx\n--é--\n`],
  ])('says what is in the way: %s', (obstacle, text) => {
    const result = makeSendable(crlf(text), sevenBit)
    // Where the boundary itself is beyond ASCII the header says so first.
    if (obstacle === 'structure') expect(result.kind).toBe('unsendable')
    else expect(result).toEqual({ kind: 'unsendable', obstacle })
  })

  it('a message/global with UTF-8 in its header, as in a report, is encoded as a whole', () => {
    const inner = 'Subject: Gr\u00fc\u00dfe\n\nx\n'
    expect(sent(report('8bit', inner)).toString()).toBe(
      report('quoted-printable', 'Subject: Gr=C3=BC=C3=9Fe\n\nx\n').toString(),
    )
    const message = report('8bit', inner)
    expect(sent(message, { allows8Bit: true }).equals(message)).toBe(true)
  })

  const longList = `List:${' <0123456789@example.org>'.repeat(60)}\n`
  const longPart = 'Content-Type: multipart/mixed; boundary=b\n\n--b\n'

  it.each([
    ['takes headers as relaxed', `DKIM-Signature: c=relaxed/simple; h=from:list\n${longList}\nx\n`],
    ['is itself long', `DKIM-Signature: c=relaxed; h=from${':\tx'.repeat(500)}\n\nx\n`],
    ['does not name it', `DKIM-Signature: c=simple; h=from:\n to\n${longList}\nx\n`],
  ])('folds a long header field beside a DKIM signature that %s', (_name, text) => {
    const content = sent(crlf(text), { allows8Bit: true }).toString()
    expect(content.replaceAll(/\r\n(?=[ \t])/g, '')).toBe(
      crlf(text)
        .toString()
        .replaceAll(/\r\n(?=[ \t])/g, ''),
    )
    expect(content.split('\r\n').every((line) => line.length <= 998)).toBe(true)
  })

  it.each([
    ['names it', `DKIM-Signature: c=simple/relaxed; h=from:\n List\n${longList}\nx\n`],
    ['names it, and says nothing of how', `DKIM-Signature: h=from:list\n${longList}\nx\n`],
    ['is the second', `DKIM-Signature: c=relaxed\nDKIM-Signature: h=list\n${longList}\nx\n`],
    ['is itself long', `DKIM-Signature: h=from${':\tx'.repeat(500)}\n\nx\n`],
    ['covers the body', `DKIM-Signature: c=relaxed/relaxed\n${longPart}${longList}\nx\n--b--\n`],
  ])('does not fold one beside a DKIM signature that %s', (_name, text) => {
    const result = makeSendable(crlf(text), { allows8Bit: true })
    expect(result).toEqual({ kind: 'unsendable', obstacle: 'signed' })
  })

  it('a DKIM signature does not keep a text from a server that takes 7 bits alone', () => {
    expect(sent(crlf('DKIM-Signature: v=1\n\né\n')).toString()).toContain('=C3=A9')
  })

  it('whatever a text holds, it is read as it was', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '\t', '=', 'é', '€', '\n', '.', 'From '),
    })
    const long = fc.tuple(text, fc.integer({ min: 0, max: 1200 }), text)
    fc.assert(
      fc.property(long, ([before, length, after]) => {
        const body = crlf(`${before}${'y'.repeat(length)}${after}é`)
        const message = Buffer.concat([crlf('Content-Type: text/plain; charset=utf-8\n\n'), body])
        const content = sent(message)
        const { root } = indexMessage(content)
        expect(decodeText(content, root).text).toBe(body.toString())
        expect(
          content
            .toString()
            .split('\r\n')
            .every((line) => line.length <= 78),
        ).toBe(true)
      }),
    )
  })
})

describe('LineTraitsReader', () => {
  it('sees the same wherever the pieces end', () => {
    const unit = fc.constantFrom('a', 'é', '\0', '\r', '\n', '\r\n\r\n', 'x'.repeat(500))
    const message = fc.string({ unit, maxLength: 12 }).map((text) => Buffer.from(text))
    fc.assert(
      fc.property(message, fc.array(fc.nat({ max: 3000 }), { maxLength: 4 }), (bytes, cuts) => {
        const whole = new LineTraitsReader()
        whole.read(bytes)
        const pieces = new LineTraitsReader()
        let from = 0
        for (const cut of cuts.toSorted((a, b) => a - b)) {
          pieces.read(bytes.subarray(from, cut))
          from = Math.max(from, Math.min(cut, bytes.length))
        }
        pieces.read(bytes.subarray(from))
        expect(pieces.traits).toEqual(whole.traits)
      }),
    )
  })

  it.each([
    ['998 octets', `${'x'.repeat(998)}\r\n`, false],
    ['999 octets', `${'x'.repeat(999)}\r\n`, true],
    ['999 octets in the body', `\r\n${'x'.repeat(999)}`, true],
    ['NUL', 'a\0', true],
  ])('%s', (_name, text, hasUnsendable) => {
    const reader = new LineTraitsReader()
    reader.read(Buffer.from(text))
    expect(reader.traits).toEqual({ hasUtf8Header: false, has8BitBody: false, hasUnsendable })
  })
})
