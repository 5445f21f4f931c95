import type { ImapClient } from '@gatepost/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

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

let imap: ImapFixture
let client: ImapClient
beforeAll(async () => {
  imap = await ImapFixture.open()
  for (const name of names) await imap.add(Buffer.from(messages[name].join('\r\n'), 'latin1'))
  client = await imap.user('INBOX')
})
afterAll(() => imap[Symbol.asyncDispose]())

async function fetched(name: Name, item: string): Promise<string> {
  const { untagged } = await client.ok(`FETCH ${names.indexOf(name) + 1} ${item}`)
  return untagged[0] ?? ''
}

it.each<[Name, string, string]>([
  ['japanese', 'ENVELOPE', Buffer.from('日本語メール').toString('base64')],
  ['boundary', 'BODYSTRUCTURE', '("text" "plain" ("boundary" "other")'],
  ['encoded', 'BODYSTRUCTURE', '("message" "rfc822" NIL NIL NIL "base64"'],
  ['encoded', 'BODY.PEEK[2.HEADER]', 'Subject: deep'],
  ['encoded', 'BODY.PEEK[2.1]', 'hidden pearl'],
  ['fields', 'ENVELOPE', '((NIL "@r.test" "a" "x.test")(NIL NIL "b" "x.test"))'],
  ['fields', 'ENVELOPE', '"=?x-own?Q?=E4?="'],
  ['fields', 'BODY.PEEK[]', 'nul\u0080nul'],
  ['related', 'PREVIEW', Buffer.from('П').toString('latin1')],
])('%s: FETCH %s has %s', async (name, item, expected) => {
  expect(await fetched(name, item)).toContain(expected)
})

it.each<[Name, string]>([
  ['japanese', 'SUBJECT "日本語メール"'],
  ['japanese', 'FROM "日本語メール"'],
  ['japanese', 'BODY "中文"'],
  ['boundary', 'BODY "lost words"'],
  ['header', 'TEXT qwertyuiop'],
  ['header', 'TEXT "X-Header: qwerty"'],
  ['encoded', 'BODY "hidden pearl"'],
  ['fields', 'TO a@x.test'],
])('%s is found by %s', async (name, key) => {
  const { untagged } = await client.ok(`SEARCH ${Buffer.from(key).toString('latin1')}`)
  expect(untagged).toEqual([`* SEARCH ${names.indexOf(name) + 1}`])
})
