import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { decodeBody, decodeText } from '../body/decode-body.ts'
import { searchText } from '../body/search-text.ts'
import { headerFields } from '../header/header-fields.ts'
import type { MimePart } from '../mime-index.ts'
import { bodyLists } from './body-lists.ts'
import { indexMessage } from './index-message.ts'
import { findPart, walkParts } from './sections.ts'

const mail = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'utf8')
const body = (bytes: Buffer, part: MimePart | undefined): string =>
  part === undefined ? 'no such part' : bytes.toString('latin1', part.bodyStart, part.bodyEnd)

const withPart = (...fields: string[]): boolean =>
  indexMessage(
    mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      'text',
      '--b',
      ...fields,
      '',
      'x',
      '--b--',
    ),
  ).hasAttachment

const previewOf = (...parts: readonly (readonly [string, string])[]): string =>
  indexMessage(
    mail(
      'Content-Type: multipart/mixed; boundary=b',
      '',
      ...parts.flatMap(([type, text]) => ['--b', `Content-Type: text/${type}`, '', text]),
      '--b--',
    ),
  ).preview

describe('indexMessage', () => {
  // RFC 2046 section 5.1.1, the example, line for line.
  it('reads the multipart example of RFC 2046 byte for byte', () => {
    const bytes = mail(
      'From: Nathaniel Borenstein <nsb@bellcore.com>',
      'Subject: Sample message',
      'Content-type: multipart/mixed; boundary="simple boundary"',
      '',
      'This is the preamble.',
      '',
      '--simple boundary',
      '',
      'This is implicitly typed plain US-ASCII text.',
      'It does NOT end with a linebreak.',
      '--simple boundary',
      'Content-type: text/plain; charset=us-ascii',
      '',
      'This is explicitly typed plain US-ASCII text.',
      'It DOES end with a linebreak.',
      '',
      '--simple boundary--',
      '',
      'This is the epilogue.',
    )
    const { root } = indexMessage(bytes)
    expect(root.section).toBe('')
    expect(root.parts.map((part) => [part.section, part.lines, body(bytes, part)])).toEqual([
      [
        '1',
        2,
        'This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.',
      ],
      [
        '2',
        2,
        'This is explicitly typed plain US-ASCII text.\r\nIt DOES end with a linebreak.\r\n',
      ],
    ])
    expect(root.bodyEnd).toBe(bytes.length)
  })

  it('numbers the parts of nested messages as RFC 3501 section 6.4.5 does', () => {
    const bytes = mail(
      'Content-Type: multipart/mixed; boundary=a',
      '',
      '--a',
      '',
      'one',
      '--a',
      'Content-Type: message/rfc822',
      '',
      'Subject: multipart inside',
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      '',
      'two one',
      '--b',
      'Content-Type: text/html',
      '',
      'two two',
      '--b--',
      '--a',
      'Content-Type: message/rfc822',
      '',
      'Subject: plain inside',
      '',
      'three one',
      '--a--',
    )
    const { root } = indexMessage(bytes)
    expect([...walkParts(root)].map((part) => part.section)).toEqual([
      '',
      '1',
      '2',
      '2',
      '2.1',
      '2.2',
      '3',
      '3.1',
    ])
    expect(body(bytes, findPart(root, '2.2'))).toBe('two two')
    expect(body(bytes, findPart(root, '3.1'))).toBe('three one')
    expect(findPart(root, '2')?.message?.envelope.subject).toBe('multipart inside')
    expect(findPart(root, '3')?.lines).toBe(3)
    for (const absent of ['4', '1.1', '3.1.1', '0', '01', '1.', 'x', '2.3']) {
      expect(findPart(root, absent)).toBeUndefined()
    }
  })

  it('gives a message that is not multipart the section 1', () => {
    const bytes = mail('Subject: x', '', 'text')
    const { root } = indexMessage(bytes)
    expect(root.section).toBe('1')
    expect(findPart(root, '1')).toBe(root)
    expect(findPart(root, '')).toBe(root)
  })

  it.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\r\n', 1],
    ['a\r\nb', 2],
    ['a\nb\n', 2],
    ['\r\n\r\n', 2],
    ['a\rb\n', 1],
  ])('counts the lines of %j as %i, alone and before a boundary', (text, lines) => {
    expect(indexMessage(Buffer.from(`A: b\r\n\r\n${text}`)).root.lines).toBe(lines)
    const inPart = Buffer.from(
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n${text}\r\n--b--`,
    )
    const part = indexMessage(inPart).root.parts[0]
    expect([body(inPart, part), part?.lines]).toEqual([text, lines])
  })

  // RFC 2046 section 5.1.1: an exact match of the entire line is not required.
  it('takes what begins a line for the boundary, the longest of several', () => {
    const bytes = mail(
      'Content-Type: multipart/mixed; boundary=ab',
      '',
      '--ab \t',
      'Content-Type: multipart/alternative; boundary="ab-1"',
      '',
      '--ab-1',
      '',
      'one',
      'x--ab',
      ' --ab',
      '--ab-12',
      '',
      'two',
      '--ab-1-- \t',
      '--abc',
      '',
      'three',
      '--ab-- \t',
      '--ab',
      'epilogue',
    )
    const { root } = indexMessage(bytes)
    expect([...walkParts(root)].map((part) => [part.section, part.type])).toEqual([
      ['', 'multipart'],
      ['1', 'multipart'],
      ['1.1', 'text'],
      ['1.2', 'text'],
      ['2', 'text'],
    ])
    expect(['1.1', '1.2', '2'].map((section) => body(bytes, findPart(root, section)))).toEqual([
      'one\r\nx--ab\r\n --ab',
      'two',
      'three',
    ])
  })

  it('ends an unclosed inner multipart at the boundary of the outer one', () => {
    const bytes = mail(
      'Content-Type: multipart/mixed; boundary=a',
      '',
      '--a',
      'Content-Type: multipart/mixed; boundary=a-b',
      '',
      '--a-b',
      '',
      'inner',
      '--a',
      '',
      'outer',
    )
    const { root } = indexMessage(bytes)
    expect(body(bytes, findPart(root, '1.1'))).toBe('inner')
    expect(body(bytes, findPart(root, '2'))).toBe('outer')
  })

  it('ends the header of a part at a boundary when the empty line is missing', () => {
    const bytes = mail(
      'Content-Type: multipart/mixed; boundary=a',
      '',
      '--a',
      'Content-Type: text/html',
      '--a',
      '',
      'second',
      '--a--',
    )
    const { root } = indexMessage(bytes)
    expect(root.parts.map((part) => [part.subtype, body(bytes, part)])).toEqual([
      ['html', ''],
      ['plain', 'second'],
    ])
  })

  it.each(['multipart/mixed', 'multipart/mixed; boundary=""', 'multipart/mixed; boundary=never'])(
    // It was application/octet-stream: nobody could read it or find it.
    'reads %s whose boundary is not found as one plain text',
    (type) => {
      const bytes = mail(`Content-Type: ${type}`, '', '--x', '', 'Text', '--x--')
      const index = indexMessage(bytes)
      const { root } = index
      expect(root).toMatchObject({
        section: '1',
        type: 'text',
        subtype: 'plain',
        lines: 4,
        parts: [],
      })
      expect(body(bytes, root)).toBe('--x\r\n\r\nText\r\n--x--')
      expect(index).toMatchObject({ preview: '--x Text --x--', hasAttachment: false })
      expect(searchText(bytes, index, 100)).toContain('Text')
    },
  )

  it('reads a part without a usable boundary as plain text, and the parts beside it', () => {
    const inner = ['--b', 'Content-Type: multipart/related', '', 'inner']
    const bytes = mail('Content-Type: multipart/mixed; boundary=b', '', ...inner, '--b', '', 'next')
    const { root } = indexMessage(bytes)
    expect(root.parts.map((part) => [part.type, body(bytes, part)])).toEqual([
      ['text', 'inner'],
      ['text', 'next'],
    ])
  })

  it('applies the default types', () => {
    const digest = mail(
      'Content-Type: multipart/digest; boundary=d',
      '',
      '--d',
      '',
      'Subject: in digest',
      '',
      'x',
      '--d--',
    )
    expect(indexMessage(digest).root.parts[0]?.message?.envelope.subject).toBe('in digest')
    expect(indexMessage(mail('Content-Type: nonsense', '', 'x')).root).toMatchObject({
      type: 'text',
      subtype: 'plain',
      params: { charset: 'us-ascii' },
      encoding: '7bit',
    })
  })

  it('reads the envelope, the last of repeated fields, and raw UTF-8', () => {
    const bytes = mail(
      'Subject: first',
      'Subject: Grüße 🎉',
      'Date: Fri, 21 Nov 1997 23:55:06 -0600',
      'Message-ID: <1234@local.machine.example>',
      'In-Reply-To: <a@b>',
      'References: <r1@x>\r\n <r2@x>',
      'From: =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>',
      '',
      '',
    )
    expect(indexMessage(bytes).envelope).toMatchObject({
      subject: 'Grüße 🎉',
      sentAt: Date.UTC(1997, 10, 22, 5, 55, 6),
      sentDay: Date.UTC(1997, 10, 21),
      messageIds: ['1234@local.machine.example'],
      inReplyToIds: ['a@b'],
      referenceIds: ['r1@x', 'r2@x'],
      sender: [],
      from: [{ kind: 'mailbox', name: 'André Pirard', local: 'PIRARD', domain: 'vm1.ulg.ac.be' }],
    })
    expect(indexMessage(mail('A: b', '', '')).envelope).toMatchObject({ date: null, sentAt: null })
  })

  it('makes a folded preview of at most 256 units that splits no character', () => {
    expect(indexMessage(mail('', ' a\t b', '', '', 'c ')).preview).toBe('a b c')
    const long = indexMessage(
      mail('Content-Type: text/plain; charset=utf-8', '', `a${'🎉'.repeat(400)}`),
    )
    expect(long.preview).toBe(`a${'🎉'.repeat(127)}`)
    const html = mail(
      'Content-Type: text/html',
      '',
      `<style>${'p {}'.repeat(900)}</style><p>One</p><p>T<b>w</b>o &amp; &#x263A;</p>`,
    )
    expect(indexMessage(html).preview).toBe('One Two & ☺')
  })

  it('takes the preview from the first text that is not empty', () => {
    expect(previewOf(['plain', ' \r\n'], ['plain', 'second'])).toBe('second')
    expect(previewOf(['plain', ''], ['html', '<p>one</p>'])).toBe('one')
    expect(previewOf(['html', '<p></p>'], ['html', '<p>two</p>'])).toBe('two')
    expect(previewOf(['plain', ''])).toBe('')
  })

  // RFC 2387 section 3
  it.each([
    ['type="text/html"; start="<root@x>"', 'root'],
    ['start="root@x"', 'root'],
    ['type="text/html"', 'root'],
    ['', 'style'],
    ['type="text/none"; start="<none@x>"', 'style'],
  ])('takes the root of multipart/related; %s for its body', (params, cid) => {
    const bytes = mail(
      `Content-Type: multipart/related; boundary=b; ${params}`,
      '',
      '--b',
      'Content-Type: text/plain',
      'Content-ID: <style@x>',
      '',
      'p {}',
      '--b',
      'Content-Type: image/png',
      '',
      'png',
      '--b',
      'Content-Type: text/html',
      'Content-ID: <root@x>',
      '',
      '<p>Hello</p>',
      '--b--',
    )
    const { root, preview } = indexMessage(bytes)
    const lists = bodyLists(root)
    for (const list of [lists.textBody, lists.htmlBody])
      expect(list.map(({ contentId }) => contentId)).toEqual([`${cid}@x`])
    expect(lists.attachments).toHaveLength(2)
    expect(preview).toBe(cid === 'root' ? 'Hello' : 'p {}')
  })

  it('says whether something is to download', () => {
    expect(withPart('Content-Type: application/pdf')).toBe(true)
    expect(withPart('Content-Type: text/plain', 'Content-Disposition: attachment')).toBe(true)
    expect(withPart('Content-Type: text/plain')).toBe(false)
    expect(withPart('Content-Type: application/pdf', 'Content-Disposition: inline')).toBe(false)
  })

  it('counts the octets of coded bodies, also of a message in base64 and of what is in it', () => {
    const inner = mail('Content-Transfer-Encoding: quoted-printable', '', '=41=', 'B', '')
    const coded = inner.toString('base64')
    const { root } = indexMessage(
      mail(
        'Content-Type: multipart/mixed; boundary=b',
        'Content-Transfer-Encoding: base64',
        '',
        '--b',
        'Content-Transfer-Encoding: base64',
        '',
        'QUJD',
        'RA==',
        '--b',
        '',
        'as it is',
        '--b',
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: base64',
        '',
        coded,
        '--b--',
      ),
    )
    const [base64, plain, message] = root.parts
    expect(root.decodedBytes).toBeUndefined()
    expect(base64?.decodedBytes).toBe(4)
    expect(plain?.decodedBytes).toBeUndefined()
    expect(message?.decodedBytes).toBe(inner.length)
    expect(message?.message?.root.decodedBytes).toBe('AB\r\n'.length)
  })

  it('survives a JSON round trip unchanged', () => {
    fc.assert(
      fc.property(messageBytes, (bytes) => {
        const index = indexMessage(bytes)
        expect(JSON.parse(JSON.stringify(index))).toEqual(index)
      }),
    )
  })

  it('throws for no bytes, and keeps all offsets in order and inside the parent', () => {
    fc.assert(
      fc.property(messageBytes, (bytes) => {
        const index = indexMessage(bytes, { maxDepth: 3, maxParts: 8 })
        expect(misplaced(index.root, 0, bytes.length)).toEqual([])
        expect(index.preview.length).toBeLessThanOrEqual(256)
        expect(searchText(bytes, index, 50).length).toBeLessThanOrEqual(50)
        for (const part of walkParts(index.root)) {
          decodeBody(bytes, part)
          expect(Buffer.byteLength(decodeText(bytes, part, 7).text)).toBeLessThanOrEqual(7)
          expect(findPart(index.root, part.section)).toBeDefined()
          const fields = headerFields(bytes, part.headerStart, part.bodyStart)
          for (const [i, field] of fields.entries()) {
            expect(field.start).toBe(fields[i - 1]?.end ?? part.headerStart)
            expect(field.end).toBeLessThanOrEqual(part.bodyStart)
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** Sections of parts whose offsets are out of order or outside of their parent, or overlap the part before. */
function misplaced(part: MimePart, from: number, to: number): string[] {
  const { headerStart, bodyStart, bodyEnd } = part
  const isRight =
    from <= headerStart && headerStart <= bodyStart && bodyStart <= bodyEnd && bodyEnd <= to
  const wrong = isRight ? [] : [part.section]
  let next = bodyStart
  for (const child of part.parts) {
    wrong.push(...misplaced(child, next, bodyEnd))
    next = child.bodyEnd
  }
  if (part.message?.isEncoded === false)
    wrong.push(...misplaced(part.message.root, bodyStart, bodyEnd))
  return wrong
}

/** Messages put together from the pieces structure is made of, and noise. */
const messageBytes: fc.Arbitrary<Buffer> = fc
  .array(
    fc
      .oneof(
        fc.constantFrom(
          '\r\n',
          '\n',
          '\r',
          '--a',
          '--a--',
          '--b',
          '--b--',
          '\r\n--a\r\n',
          '\r\n--b\r\n',
          'Content-Type: multipart/mixed; boundary=a\r\n\r\n',
          'Content-Type: multipart/alternative; boundary=b\r\n',
          'Content-Type: message/rfc822\r\n\r\n',
          'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
          'Content-Transfer-Encoding: quoted-printable\r\n',
          'Content-Transfer-Encoding: base64\r\n',
          'To: a: <b@c>, "d',
          'Subject: =?utf-8?q?=C3',
          ' folded',
          '=?koi8-r?b?8A==?=',
          ';=*0*="\\',
        ),
        fc.string({ maxLength: 8 }),
      )
      .map((text) => Buffer.from(text)),
    { maxLength: 30 },
  )
  .chain((pieces) =>
    fc.uint8Array({ maxLength: 20 }).map((noise) => Buffer.concat([...pieces, Buffer.from(noise)])),
  )
