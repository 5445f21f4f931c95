import { afterAll, beforeAll, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

const inner = 'Subject: deep\r\n\r\nhidden pearl'
const messages = {
  japanese: [
    'Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= =?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?=',
    'From: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?= =?iso-2022-jp?B?GyRCJWEhPCVrGyhC?= <a@x.test>',
    'Content-Type: text/plain; charset=hz-gb-2312',
    '',
    '~{VPND~}',
  ],
  boundary: ['Content-Type: multipart/mixed; boundary=other', '', '--b', '', 'lost words', '--b--'],
  header: ['X-Header: qwertyuiop', '', 'text'],
  encoded: [
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'cover',
    '--b',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(inner).toString('base64'),
    '--b--',
  ],
  related: [
    'Content-Type: multipart/related; boundary=b; start="<root@x>"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'p {}',
    '--b',
    'Content-Type: text/html',
    'Content-ID: <root@x>',
    '',
    '<meta charset=koi8-r><p>\u00f0</p>',
    '--b--',
  ],
  fields: ['To: <@r.test:a@x.test>', 'To: b@x.test', 'Subject: =?x-own?Q?=E4?=', '', 'nul\0nul'],
} as const
type Name = keyof typeof messages
const names = Object.keys(messages) as Name[]

let jmap: JmapFixture
const ids = new Map<Name, string>()
beforeAll(async () => {
  jmap = await JmapFixture.open()
  for (const name of names)
    ids.set(name, await jmap.add(Buffer.from(messages[name].join('\r\n'), 'latin1')))
})
afterAll(() => jmap[Symbol.asyncDispose]())

it.each<[Name, object]>([
  [
    'japanese',
    {
      subject: '日本語メール',
      from: [{ name: '日本語メール', email: 'a@x.test' }],
      bodyValues: { 1: { value: '中文', isEncodingProblem: false } },
    },
  ],
  [
    'boundary',
    {
      textBody: [{ partId: '1', type: 'text/plain' }],
      attachments: [],
      preview: '--b lost words --b--',
    },
  ],
  ['encoded', { attachments: [{ partId: '2', type: 'message/rfc822', size: inner.length }] }],
  [
    'related',
    {
      htmlBody: [{ partId: '2', type: 'text/html' }],
      bodyValues: { 2: { value: '<meta charset=koi8-r><p>П</p>' } },
      preview: 'П',
    },
  ],
  // RFC 8621 section 4.1.3: the last field of the name.
  ['fields', { to: [{ email: 'b@x.test' }] }],
])('%s is read', async (name, expected) => {
  const { list } = await jmap.call('Email/get', {
    ids: [ids.get(name)],
    fetchAllBodyValues: true,
  })
  expect(list?.[0]).toMatchObject(expected)
})

it.each<[Name[], object]>([
  [['japanese'], { subject: '日本語メール' }],
  [['japanese'], { body: '中文' }],
  [['boundary'], { text: 'lost words' }],
  [['header'], { header: ['X-Header', 'qwertyuiop'] }],
  [['encoded'], { text: 'hidden pearl' }],
  [['fields'], { to: 'a@x.test' }],
  // The fields that nobody sees are asked for by name.
  [[], { text: 'qwertyuiop' }],
])('%s: found by %j', async (found, filter) => {
  const answer = await jmap.call('Email/query', { filter })
  expect(answer.ids).toEqual(found.map((name) => ids.get(name)))
})
