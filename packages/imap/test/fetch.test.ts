import type { ImapClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

const multipart = [
  'From: =?utf-8?Q?J=C3=B6rg?= <joerg@example.test>',
  'To: Me <me@example.test>, friends: a@x.test, b@x.test;',
  'Subject: =?utf-8?B?R3LDvMOfZQ==?=',
  'Date: Mon, 4 Mar 2024 10:00:00 +0100',
  'Message-ID: <m1@example.test>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  'preamble',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Hello there',
  '--b',
  "Content-Type: application/pdf; name*=utf-8''%E2%82%AC.pdf",
  'Content-Disposition: attachment; filename=x.pdf',
  'Content-Transfer-Encoding: base64',
  '',
  'AAAA',
  '--b',
  'Content-Type: message/rfc822',
  '',
  'Subject: inner',
  '',
  'inner body',
  '--b--',
  '',
].join('\r\n')

let imap: ImapFixture
let client: ImapClient
beforeAll(async () => {
  imap = await ImapFixture.open()
  await imap.add(multipart, { at: Date.UTC(2024, 2, 4, 9) })
  await imap.add('Subject: plain\n\nline one\nline two\n')
  client = await imap.user()
  await client.ok('EXAMINE INBOX')
})
afterAll(() => imap[Symbol.asyncDispose]())

/** The one item of the first message, as it stands in the response. */
async function item(name: string, message = 1): Promise<string> {
  const { untagged } = await client.ok(`FETCH ${message} ${name}`)
  expect(untagged).toHaveLength(1)
  return untagged[0]?.replace(/^\* \d+ FETCH \(/, '').replace(/\)$/, '') ?? ''
}
const literal = (text: string): string => `{${text.length}}\r\n${text}`

describe('FETCH of metadata', () => {
  it.each([
    ['UID', 'UID 1'],
    ['FLAGS', 'FLAGS ()'],
    ['INTERNALDATE', 'INTERNALDATE " 4-Mar-2024 09:00:00 +0000"'],
    ['RFC822.SIZE', `RFC822.SIZE ${multipart.length}`],
    [
      'ENVELOPE',
      'ENVELOPE ("Mon, 4 Mar 2024 10:00:00 +0100" "=?utf-8?B?R3LDvMOfZQ==?=" ' +
        '(("=?utf-8?B?SsO2cmc=?=" NIL "joerg" "example.test")) ' +
        '(("=?utf-8?B?SsO2cmc=?=" NIL "joerg" "example.test")) ' +
        '(("=?utf-8?B?SsO2cmc=?=" NIL "joerg" "example.test")) ' +
        '(("Me" NIL "me" "example.test")(NIL NIL "friends" NIL)(NIL NIL "a" "x.test")(NIL NIL "b" "x.test")(NIL NIL NIL NIL)) ' +
        'NIL NIL NIL "<m1@example.test>")',
    ],
    [
      'BODY',
      'BODY (("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 11 1)' +
        '("application" "pdf" ("name*" "utf-8\'\'%E2%82%AC.pdf") NIL NIL "base64" 4)' +
        '("message" "rfc822" NIL NIL NIL "7bit" 28 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) ' +
        '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 1) 3) "mixed")',
    ],
    ['EMAILID', expect.stringMatching(/^EMAILID \(e\d+\)$/)],
    ['THREADID', expect.stringMatching(/^THREADID \(t\d+\)$/)],
    ['MODSEQ', expect.stringMatching(/^MODSEQ \(\d+\)$/)],
    ['PREVIEW', `PREVIEW ${literal('Hello there')}`],
  ])('%s', async (name, value) => {
    await client.ok('ENABLE CONDSTORE')
    expect(await item(name)).toEqual(value)
  })

  it('BODYSTRUCTURE has dispositions', async () => {
    expect(await item('BODYSTRUCTURE')).toContain('("attachment" ("filename" "x.pdf"))')
  })

  it('knows the macros', async () => {
    expect(await item('FAST')).toMatch(/^FLAGS \(\) INTERNALDATE ".*" RFC822\.SIZE \d+$/)
    expect(await item('ALL')).toMatch(/ENVELOPE \(/)
    expect(await item('FULL')).toMatch(/ENVELOPE \(.* BODY \(/)
  })
})

describe('FETCH of content', () => {
  it.each([
    ['BODY[]', literal(multipart)],
    ['BODY[HEADER]', literal(`${multipart.split('\r\n\r\n')[0]}\r\n\r\n`)],
    ['BODY[TEXT]', literal(multipart.slice(multipart.indexOf('preamble')))],
    ['BODY[1]', literal('Hello there')],
    ['BODY[1.MIME]', literal('Content-Type: text/plain; charset=utf-8\r\n\r\n')],
    ['BODY[2]', literal('AAAA')],
    ['BODY[3.HEADER]', literal('Subject: inner\r\n\r\n')],
    ['BODY[3.TEXT]', literal('inner body')],
    ['BODY[3.1]', literal('inner body')],
    ['BODY[4]', 'NIL'],
    ['BODY[HEADER.FIELDS (date X-None)]', literal('Date: Mon, 4 Mar 2024 10:00:00 +0100\r\n\r\n')],
  ])('%s', async (name, value) => {
    expect(await item(name)).toBe(`${name} ${value}`)
  })

  it.each([
    ['BODY[1]<0.5>', 'BODY[1]<0>', 'Hello'],
    ['BODY[1]<6.100>', 'BODY[1]<6>', 'there'],
    ['BODY[1]<100.5>', 'BODY[1]<100>', ''],
  ])('%s is a part of it', async (name, label, text) => {
    expect(await item(name)).toBe(`${label} ${literal(text)}`)
  })

  it('RFC822 and its kind', async () => {
    expect(await item('RFC822', 2)).toBe(
      `RFC822 ${literal('Subject: plain\r\n\r\nline one\r\nline two\r\n')}`,
    )
    expect(await item('RFC822.HEADER', 2)).toBe(
      `RFC822.HEADER ${literal('Subject: plain\r\n\r\n')}`,
    )
    expect(await item('RFC822.TEXT', 2)).toBe(`RFC822.TEXT ${literal('line one\r\nline two\r\n')}`)
    expect(await item('BODY[1]', 2)).toBe(`BODY[1] ${literal('line one\r\nline two\r\n')}`)
  })

  it('tells several items of several messages, and UIDs to UID FETCH', async () => {
    const { untagged } = await client.ok('UID FETCH 1:* (FLAGS BODY.PEEK[]<0.4>)')
    expect(untagged).toEqual([
      '* 1 FETCH (UID 1 FLAGS () BODY[]<0> {4}\r\nFrom)',
      '* 2 FETCH (UID 2 FLAGS () BODY[]<0> {4}\r\nSubj)',
    ])
  })

  it.each([
    'FETCH 1 COLOUR',
    'FETCH 1',
    'FETCH 1 ()',
    'FETCH 1 BODY[',
    'FETCH 1 BODY[0]',
    'FETCH 1 BODY[MIME]',
    'FETCH 1 BODY[HEADER.FIELDS]',
    'FETCH 1 (FLAGS ALL)',
    'FETCH 3 FLAGS',
    'FETCH 0 FLAGS',
    'FETCH 1 FLAGS (COLOUR 5)',
  ])('refuses %s', async (command) => {
    const fresh = await imap.user('INBOX')
    expect((await fresh.ask(command)).status).toMatch(/^BAD/)
  })
})

describe('\\Seen', () => {
  it('is set by BODY[], told with it, and not by BODY.PEEK[]', async () => {
    await using own = await ImapFixture.open()
    await own.add('Subject: x\n\nx')
    const reader = await own.user('INBOX')
    const other = await own.user('INBOX')
    await reader.ok('FETCH 1 BODY.PEEK[TEXT]')
    expect((await reader.ok('FETCH 1 FLAGS')).untagged).toEqual(['* 1 FETCH (FLAGS ())'])
    expect((await reader.ok('FETCH 1 BODY[TEXT]')).untagged).toEqual([
      '* 1 FETCH (BODY[TEXT] {1}\r\nx FLAGS (\\Seen))',
    ])
    expect((await other.ok('NOOP')).untagged).toEqual(['* 1 FETCH (UID 1 FLAGS (\\Seen))'])
  })
})

describe('CHANGEDSINCE (RFC 7162)', () => {
  it('tells what has changed, with its mod-sequence', async () => {
    await using own = await ImapFixture.open()
    for (let i = 0; i < 3; i += 1) await own.add('Subject: x\n\nx')
    const reader = await own.user('INBOX')
    const { untagged } = await reader.ok('STATUS INBOX (HIGHESTMODSEQ)')
    const since = /HIGHESTMODSEQ (\d+)/.exec(untagged[0] ?? '')?.[1]
    await reader.ok('STORE 2 +FLAGS.SILENT (\\Flagged)')
    expect((await reader.ok(`FETCH 1:* (FLAGS) (CHANGEDSINCE ${since})`)).untagged).toEqual([
      expect.stringMatching(/^\* 2 FETCH \(FLAGS \(\\Flagged\) MODSEQ \(\d+\)\)$/),
    ])
  })
})

it('sends a large message whole, in pieces, byte for byte but for NUL', async () => {
  await using own = await ImapFixture.open()
  const bytes = Buffer.alloc(3_000_000)
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 7 + (at >> 8)) & 0xff
  const message = Buffer.concat([Buffer.from('Subject: big\r\n\r\n'), bytes])
  await own.add(message)
  await own.add('Subject: small\n\nx')
  const reader = await own.user('INBOX')
  const { untagged } = await reader.ok('FETCH 1:2 BODY.PEEK[]')
  expect(untagged).toHaveLength(2)
  const header = `* 1 FETCH (BODY[] {${message.length}}\r\n`
  const expected = message.map((byte) => (byte === 0 ? 0x80 : byte))
  expect(Buffer.from(untagged[0]?.slice(header.length, -1) ?? '', 'latin1').equals(expected)).toBe(
    true,
  )
})
