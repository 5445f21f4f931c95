import { oddMessages, type ImapClient } from '@gatepost/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

type Name = keyof typeof oddMessages
const names = Object.keys(oddMessages) as Name[]

let imap: ImapFixture
let client: ImapClient
beforeAll(async () => {
  imap = await ImapFixture.open()
  for (const name of names) await imap.add(Buffer.from(oddMessages[name].join('\r\n'), 'latin1'))
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
