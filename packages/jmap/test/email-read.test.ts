import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeAll(async () => {
  jmap = await JmapFixture.open()
})
afterAll(() => jmap[Symbol.asyncDispose]())

const letter = `Received: from a by b; Mon, 2 Jan 2023 10:00:00 +0000
From: =?utf-8?q?J=C3=B6rg?= <j@example.com>, "B, C" <b@example.com>
To: Team: one@example.com, two@example.com;, me@example.test
Subject: =?utf-8?b?R3LDvMOfZQ==?=
 twice
Date: Mon, 2 Jan 2023 12:00:00 +0230
Message-ID: <m1@example.com>
References: <r1@example.com> <r2@example.com>
List-Post: <mailto:list@example.com>, <https://example.com/post>
X-Thing: one
X-Thing: two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

H=C3=A4llo
Welt
--inner
Content-Type: text/html; charset=utf-8

<p>Hello <a href="x">world</a></p>
--inner--
--outer
Content-Type: application/pdf; name="a b.pdf"
Content-Disposition: attachment; filename="a b.pdf"
Content-Transfer-Encoding: base64
Content-ID: <c1@example.com>

aGVsbG8gd29ybGQ=
--outer--
`

describe('Email/get', () => {
  it('shows metadata and the header by its convenience properties', async () => {
    const id = await jmap.add(letter, { keywords: ['$seen'], at: Date.UTC(2023, 0, 2, 10) })
    const { list, notFound } = await jmap.call('Email/get', { ids: [id, 'nope'] })
    expect(notFound).toEqual(['nope'])
    expect(list).toMatchObject([
      {
        id,
        mailboxIds: { [jmap.boxes['inbox'] ?? '']: true },
        keywords: { $seen: true },
        receivedAt: '2023-01-02T10:00:00Z',
        messageId: ['m1@example.com'],
        inReplyTo: null,
        references: ['r1@example.com', 'r2@example.com'],
        from: [
          { name: 'Jörg', email: 'j@example.com' },
          { name: 'B, C', email: 'b@example.com' },
        ],
        to: [
          { name: null, email: 'one@example.com' },
          { name: null, email: 'two@example.com' },
          { name: null, email: 'me@example.test' },
        ],
        cc: null,
        subject: 'Grüße twice',
        sentAt: '2023-01-02T12:00:00+02:30',
        hasAttachment: true,
        preview: 'Hällo Welt',
        bodyValues: {},
        textBody: [{ partId: '1.1', type: 'text/plain', charset: 'utf-8', size: 12 }],
        htmlBody: [{ partId: '1.2', type: 'text/html' }],
        attachments: [
          {
            name: 'a b.pdf',
            type: 'application/pdf',
            size: 11,
            disposition: 'attachment',
            cid: 'c1@example.com',
          },
        ],
      },
    ])
  })

  it('gives any header field in the forms it has', async () => {
    const id = await jmap.add(letter)
    const { list } = await jmap.call('Email/get', {
      ids: [id],
      properties: [
        'header:X-Thing',
        'header:x-thing:asText:all',
        'header:To:asGroupedAddresses',
        'header:List-Post:asURLs',
        'header:Date:asDate',
        'header:References:asMessageIds',
        'header:Nope',
        'header:Nope:all',
        'header:Subject:asRaw',
      ],
    })
    expect(list).toEqual([
      {
        id,
        'header:X-Thing': ' two',
        'header:x-thing:asText:all': ['one', 'two'],
        'header:To:asGroupedAddresses': [
          {
            name: 'Team',
            addresses: [
              { name: null, email: 'one@example.com' },
              { name: null, email: 'two@example.com' },
            ],
          },
          { name: null, addresses: [{ name: null, email: 'me@example.test' }] },
        ],
        'header:List-Post:asURLs': ['mailto:list@example.com', 'https://example.com/post'],
        'header:Date:asDate': '2023-01-02T12:00:00+02:30',
        'header:References:asMessageIds': ['r1@example.com', 'r2@example.com'],
        'header:Nope': null,
        'header:Nope:all': [],
        'header:Subject:asRaw': ' =?utf-8?b?R3LDvMOfZQ==?=\r\n twice',
      },
    ])
    for (const property of [
      'header:From:asText',
      'header:Subject:asAddresses',
      'header:',
      'header:a b',
      'header:X:asNothing',
      'header:X:all:asRaw',
    ])
      expect(await jmap.call('Email/get', { ids: [id], properties: [property] })).toMatchObject({
        error: 'invalidArguments',
      })
  })

  it('shows the structure and the texts, cut where asked', async () => {
    const id = await jmap.add(letter)
    const { list } = await jmap.call('Email/get', {
      ids: [id],
      properties: ['bodyStructure', 'bodyValues'],
      bodyProperties: ['partId', 'type', 'header:Content-Type:asText'],
      fetchAllBodyValues: true,
      maxBodyValueBytes: 12,
    })
    expect(list).toEqual([
      {
        id,
        bodyStructure: {
          partId: null,
          type: 'multipart/mixed',
          'header:Content-Type:asText': 'multipart/mixed; boundary=outer',
          subParts: [
            expect.objectContaining({
              partId: null,
              subParts: [
                expect.objectContaining({ partId: '1.1', subParts: null }),
                expect.objectContaining({ partId: '1.2', type: 'text/html' }),
              ],
            }),
            expect.objectContaining({ partId: '2', type: 'application/pdf' }),
          ],
        },
        bodyValues: {
          '1.1': { value: 'Hällo\nWelt', isEncodingProblem: false, isTruncated: false },
          // Not inside the tag.
          '1.2': { value: '<p>Hello ', isEncodingProblem: false, isTruncated: true },
        },
      },
    ])
    const text = await jmap.call('Email/get', {
      ids: [id],
      properties: ['bodyValues'],
      fetchTextBodyValues: true,
    })
    expect(Object.keys(text.list[0]?.['bodyValues'] ?? {})).toEqual(['1.1'])
  })

  it('wants ids and is bounded', async () => {
    expect(await jmap.call('Email/get', { ids: null })).toMatchObject({ error: 'requestTooLarge' })
    const ids = Array.from({ length: 1001 }, (_, index) => `e${index}`)
    expect(await jmap.call('Email/get', { ids })).toMatchObject({ error: 'requestTooLarge' })
  })
})

describe('threads', () => {
  it('lists the emails of a thread, oldest first, and its changes', async () => {
    const first = await jmap.add('Subject: a\nMessage-ID: <1@x>\n\n', { at: 1000 })
    const { state } = await jmap.call('Thread/get', { ids: [] })
    const second = await jmap.add('Subject: Re: a\nMessage-ID: <2@x>\nReferences: <1@x>\n\n', {
      at: 2000,
    })
    const { list } = await jmap.call('Email/get', { ids: [first], properties: ['threadId'] })
    const threadId = list[0]?.threadId ?? ''
    expect(await jmap.call('Thread/get', { ids: [threadId, 'nope'] })).toMatchObject({
      list: [{ id: threadId, emailIds: [first, second] }],
      notFound: ['nope'],
    })
    expect(await jmap.call('Thread/changes', { sinceState: state })).toMatchObject({
      created: [],
      updated: [threadId],
    })
    expect(await jmap.call('Email/changes', { sinceState: state })).toMatchObject({
      created: [second],
      updated: [],
    })
  })
})
