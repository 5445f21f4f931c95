import { innerMessage, oddMessages } from '@gatepost/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

type Name = keyof typeof oddMessages
const names = Object.keys(oddMessages) as Name[]

let jmap: JmapFixture
const ids = new Map<Name, string>()
beforeAll(async () => {
  jmap = await JmapFixture.open()
  for (const name of names)
    ids.set(name, await jmap.add(Buffer.from(oddMessages[name].join('\r\n'), 'latin1')))
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
  [
    'encoded',
    { attachments: [{ partId: '2', type: 'message/rfc822', size: innerMessage.length }] },
  ],
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
