import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
let drafts: string
let inbox: string
beforeAll(async () => {
  jmap = await JmapFixture.open({ maxObjectsInSet: 50 })
  drafts = jmap.boxes['drafts'] ?? ''
  inbox = jmap.boxes['inbox'] ?? ''
})
afterAll(() => jmap[Symbol.asyncDispose]())

async function raw(id: string): Promise<string> {
  const { list } = await jmap.call('Email/get', { ids: [id], properties: ['blobId'] })
  const answer = await jmap.ask({
    path: `/jmap/download/${jmap.accountId}/${list[0]?.blobId}/mail.eml`,
  })
  return answer.text
}

describe('Email/set create', () => {
  it('writes a message with text, html, an inline picture and an attachment', async () => {
    const picture = await jmap.upload(Buffer.from([1, 2, 3]), 'image/png')
    const { created, notCreated } = await jmap.call('Email/set', {
      create: {
        k: {
          mailboxIds: { [drafts]: true },
          keywords: { $draft: true, $Seen: true },
          from: [{ name: 'Jörg "J"', email: 'me@example.test' }],
          to: [{ name: 'A, B', email: 'a@example.com' }, { email: 'b@example.com' }],
          bcc: [{ email: 'secret@example.com' }],
          subject: 'Grüße aus dem sehr langen Betreff, der mehr als eine Zeile braucht, wirklich',
          inReplyTo: ['x@y'],
          sentAt: '2023-01-02T12:00:00+02:30',
          'header:X-Custom:asText': 'Käse',
          bodyValues: { t: { value: 'Hällo\nWelt' }, h: { value: '<p>Hällo</p>' } },
          textBody: [{ partId: 't', type: 'text/plain' }],
          htmlBody: [{ partId: 'h', type: 'text/html' }],
          attachments: [
            {
              blobId: picture,
              type: 'image/png',
              cid: 'pic',
              disposition: 'inline',
              name: 'ü".png',
            },
            { blobId: picture, type: 'application/x-thing', name: 'a.bin' },
          ],
        },
      },
    })
    expect(notCreated).toBeNull()
    const id = created['k']?.id ?? ''
    expect(created['k']).toMatchObject({
      blobId: expect.any(String),
      threadId: expect.any(String),
      size: expect.any(Number),
    })
    const { list } = await jmap.call('Email/get', {
      ids: [id],
      fetchAllBodyValues: true,
      properties: [
        'keywords',
        'from',
        'to',
        'bcc',
        'subject',
        'sentAt',
        'inReplyTo',
        'messageId',
        'header:X-Custom:asText',
        'bodyValues',
        'textBody',
        'htmlBody',
        'attachments',
        'bodyStructure',
      ],
      bodyProperties: ['type', 'name', 'cid', 'size', 'disposition'],
    })
    expect(list).toMatchObject([
      {
        keywords: { $draft: true, $seen: true },
        from: [{ name: 'Jörg "J"', email: 'me@example.test' }],
        to: [
          { name: 'A, B', email: 'a@example.com' },
          { name: null, email: 'b@example.com' },
        ],
        bcc: [{ email: 'secret@example.com' }],
        subject: 'Grüße aus dem sehr langen Betreff, der mehr als eine Zeile braucht, wirklich',
        sentAt: '2023-01-02T12:00:00+02:30',
        inReplyTo: ['x@y'],
        messageId: [expect.stringMatching(/@mail\.example\.test$/)],
        'header:X-Custom:asText': 'Käse',
        textBody: [{ type: 'text/plain' }],
        htmlBody: [{ type: 'text/html' }],
        attachments: [
          { type: 'image/png', cid: 'pic', name: 'ü".png', size: 3, disposition: 'inline' },
          { type: 'application/x-thing', name: 'a.bin', disposition: 'attachment' },
        ],
        bodyStructure: {
          type: 'multipart/mixed',
          subParts: [
            {
              type: 'multipart/alternative',
              subParts: [
                { type: 'text/plain' },
                { type: 'multipart/related', subParts: [{ type: 'text/html' }, { cid: 'pic' }] },
              ],
            },
            { type: 'application/x-thing' },
          ],
        },
      },
    ])
    const values = Object.values(list[0]?.['bodyValues'] ?? {})
    expect(values).toMatchObject([{ value: 'Hällo\nWelt' }, { value: '<p>Hällo</p>' }])
    const text = await raw(id)
    expect(text).not.toMatch(/[^\x00-\x7f]/)
    expect(text.split('\r\n').every((line) => line.length <= 78)).toBe(true)
  })

  it('writes the structure that it is given, and an empty draft', async () => {
    const { created } = await jmap.call('Email/set', {
      create: {
        tree: {
          mailboxIds: { [drafts]: true },
          bodyValues: { a: { value: 'one' }, b: { value: 'two' } },
          bodyStructure: {
            type: 'multipart/mixed',
            subParts: [
              { partId: 'a' },
              { partId: 'b', type: 'text/csv', 'header:X-Part:asText': 'yes', language: ['de'] },
            ],
          },
        },
        empty: { mailboxIds: { [drafts]: true } },
      },
    })
    const { list } = await jmap.call('Email/get', {
      ids: [created['tree']?.id, created['empty']?.id],
      properties: ['bodyStructure', 'bodyValues'],
      bodyProperties: ['type', 'language', 'header:X-Part:asText'],
      fetchAllBodyValues: true,
    })
    expect(list).toMatchObject([
      {
        bodyStructure: {
          subParts: [
            { type: 'text/plain' },
            { type: 'text/csv', language: ['de'], 'header:X-Part:asText': 'yes' },
          ],
        },
        bodyValues: { 1: { value: 'one' }, 2: { value: 'two' } },
      },
      { bodyValues: { 1: { value: '' } } },
    ])
  })

  const bad: readonly [string, object, string, readonly string[] | undefined][] = [
    ['no mailbox', { mailboxIds: {} }, 'invalidProperties', ['mailboxIds']],
    ['false', { mailboxIds: { x: false } }, 'invalidProperties', ['mailboxIds/x']],
    ['no such mailbox', { mailboxIds: { nope: true } }, 'invalidProperties', ['mailboxIds']],
    ['id', { id: 'x' }, 'invalidProperties', ['id']],
    ['headers', { headers: [] }, 'invalidProperties', ['headers']],
    ['keyword', { keywords: { 'a b': true } }, 'invalidProperties', ['keywords/a b']],
    [
      'a field twice',
      { subject: 'a', 'header:subject:asText': 'b' },
      'invalidProperties',
      ['subject', 'header:subject:asText'],
    ],
    ['content field', { 'header:Content-Type:asText': 'x' }, 'invalidProperties', undefined],
    ['line end in a subject', { subject: 'a\r\nBcc: x@y' }, 'invalidProperties', ['subject']],
    [
      'line end in a name',
      { from: [{ name: 'a\nb', email: 'a@b.c' }] },
      'invalidProperties',
      ['from/0/name'],
    ],
    [
      'no address',
      { to: [{ email: 'a@b.c' }, { email: 'a@b.c>, <d@e.f' }] },
      'invalidProperties',
      ['to/1/email'],
    ],
    ['raw field end', { 'header:X-A': 'a\r\nX-B: b' }, 'invalidProperties', ['header:X-A']],
    ['raw empty fold', { 'header:X-A': 'a\r\n \r\n\r\nbody' }, 'invalidProperties', ['header:X-A']],
    ['message id', { messageId: ['a> <b'] }, 'invalidProperties', ['messageId/0']],
    ['date', { sentAt: 'now' }, 'invalidProperties', ['sentAt']],
    [
      'two texts',
      { textBody: [{ partId: 't' }, { partId: 't' }] },
      'invalidProperties',
      ['textBody'],
    ],
    [
      'wrong text',
      { textBody: [{ partId: 't', type: 'text/html' }] },
      'invalidProperties',
      ['textBody/0/type'],
    ],
    ['no value', { textBody: [{ partId: 'nope' }] }, 'invalidProperties', ['textBody/0/partId']],
    [
      'charset and size beside partId',
      { textBody: [{ partId: 't', charset: 'x', size: 1 }] },
      'invalidProperties',
      ['textBody/0/charset', 'textBody/0/size'],
    ],
    [
      'partId and blobId',
      { textBody: [{ partId: 't', blobId: 'b' }] },
      'invalidProperties',
      ['textBody/0/partId', 'textBody/0/blobId'],
    ],
    [
      'an unknown property of a part',
      { bodyStructure: { type: 'multipart/mixed', subParts: [{ partId: 't', color: 'red' }] } },
      'invalidProperties',
      ['bodyStructure/subParts/0/color'],
    ],
    [
      'content of a multipart',
      { bodyStructure: { type: 'multipart/mixed', partId: 't', subParts: [{ partId: 't' }] } },
      'invalidProperties',
      ['bodyStructure/partId'],
    ],
    [
      'a field of a part twice',
      { attachments: [{ partId: 't', 'header:X-A': 'a', 'header:x-a:asText': 'b' }] },
      'invalidProperties',
      ['attachments/0/header:X-A', 'attachments/0/header:x-a:asText'],
    ],
    [
      'a field of the root that is given above',
      { subject: 'a', bodyStructure: { partId: 't', 'header:Subject:asText': 'b' } },
      'invalidProperties',
      ['subject', 'bodyStructure/header:Subject:asText'],
    ],
    [
      'a form that a field of a part does not have',
      { textBody: [{ partId: 't', 'header:Date:asText': 'b' }] },
      'invalidProperties',
      ['textBody/0/header:Date:asText'],
    ],
    [
      'a transfer encoding',
      { textBody: [{ partId: 't', 'header:Content-Transfer-Encoding': 'base64' }] },
      'invalidProperties',
      ['textBody/0/header:Content-Transfer-Encoding'],
    ],
    [
      'both bodies',
      { textBody: [{ partId: 't' }], bodyStructure: { partId: 't' } },
      'invalidProperties',
      undefined,
    ],
    [
      'truncated',
      { bodyValues: { t: { value: '', isTruncated: true } } },
      'invalidProperties',
      ['bodyValues/t/isTruncated'],
    ],
    [
      'type with a line end',
      { attachments: [{ blobId: 'x', type: 'a/b\r\nX: y' }] },
      'invalidProperties',
      undefined,
    ],
    ['no blob', { attachments: [{ blobId: 'nope', name: 'a' }] }, 'blobNotFound', undefined],
  ]
  it.each(bad)('refuses %s', async (_name, more, type, properties) => {
    const { notCreated } = await jmap.call('Email/set', {
      create: {
        k: { mailboxIds: { [drafts]: true }, bodyValues: { t: { value: 'x' } }, ...more },
      },
    })
    expect(notCreated).toMatchObject({
      k: { type, ...(properties === undefined ? {} : { properties }) },
    })
  })

  it('is bounded', async () => {
    const big = await jmap.call('Email/set', {
      create: {
        k: {
          mailboxIds: { [drafts]: true },
          bodyValues: { t: { value: 'x'.repeat(1_100_000) } },
          textBody: [{ partId: 't' }],
        },
      },
    })
    expect(big['notCreated']).toMatchObject({ k: { type: 'tooLarge', maxSize: 1_000_000 } })
    const destroy = Array.from({ length: 51 }, (_, index) => `e${index}`)
    expect(await jmap.call('Email/set', { destroy })).toMatchObject({ error: 'requestTooLarge' })
  })
})

describe('Email/set update and destroy', () => {
  it('patches keywords and mailboxes', async () => {
    const id = await jmap.add('Subject: x\n\n', { keywords: ['$flagged', 'old'] })
    const answer = await jmap.call('Email/set', {
      update: {
        [id]: {
          'keywords/$seen': true,
          'keywords/$flagged': null,
          [`mailboxIds/${drafts}`]: true,
          [`mailboxIds/${inbox}`]: null,
        },
      },
    })
    expect(answer).toMatchObject({ updated: { [id]: null }, notUpdated: null })
    const { list } = await jmap.call('Email/get', {
      ids: [id],
      properties: ['keywords', 'mailboxIds'],
    })
    expect(list).toEqual([
      { id, keywords: { old: true, $seen: true }, mailboxIds: { [drafts]: true } },
    ])
    await jmap.call('Email/set', {
      update: { [id]: { keywords: {}, mailboxIds: { [inbox]: true } } },
    })
    const after = await jmap.call('Email/get', {
      ids: [id],
      properties: ['keywords', 'mailboxIds'],
    })
    expect(after.list).toEqual([{ id, keywords: {}, mailboxIds: { [inbox]: true } }])
  })

  it('an email that is sent back as it was was refused', async () => {
    const id = await jmap.add(
      'Subject: x\nFrom: Ann <a@b.example>\nContent-Type: multipart/mixed; boundary=b\n\n' +
        '--b\n\ntext\n--b\nContent-Type: a/b\n\nfile\n--b--\n',
    )
    const { list } = await jmap.call('Email/get', { ids: [id] })
    const more = await jmap.call('Email/get', {
      ids: [id],
      properties: ['bodyStructure', 'headers', 'bodyValues', 'header:From:asAddresses'],
      bodyProperties: ['partId', 'type'],
      fetchAllBodyValues: true,
    })
    const whole = { ...list[0], ...more.list[0] }
    const kept = await jmap.call('Email/set', {
      update: { [id]: { ...whole, keywords: { $seen: true } } },
    })
    expect(kept).toMatchObject({ updated: { [id]: null }, notUpdated: null })
    const other = {
      size: 1,
      subject: 'y',
      'header:X-Not': 'z',
      textBody: [],
      bodyValues: { 1: {} },
    }
    const changed = await jmap.call('Email/set', { update: { [id]: { ...whole, ...other } } })
    const properties = ['size', 'subject', 'textBody', 'header:X-Not']
    expect(changed['notUpdated']).toMatchObject({
      [id]: { type: 'invalidProperties', properties: expect.arrayContaining(properties) },
    })
    const gone = await jmap.call('Email/set', { update: { gone: whole } })
    expect(gone['notUpdated']).toMatchObject({ gone: { type: 'notFound' } })
  })

  it('false in a patch takes away what null takes away', async () => {
    const id = await jmap.add('Subject: x\n\n', { keywords: ['$seen', 'kept'] })
    const patch = {
      'keywords/$seen': false,
      [`mailboxIds/${drafts}`]: true,
      [`mailboxIds/${inbox}`]: false,
    }
    const { notUpdated } = await jmap.call('Email/set', { update: { [id]: patch } })
    expect(notUpdated).toBeNull()
    const { list } = await jmap.call('Email/get', {
      ids: [id],
      properties: ['keywords', 'mailboxIds'],
    })
    expect(list).toEqual([{ id, keywords: { kept: true }, mailboxIds: { [drafts]: true } }])
  })

  it('does what it can of many, and says what it could not', async () => {
    const [a, b] = [await jmap.add('Subject: a\n\n'), await jmap.add('Subject: b\n\n')]
    const { oldState, newState, ...answer } = await jmap.call('Email/set', {
      update: {
        [a]: { 'keywords/$seen': true },
        nope: { 'keywords/$seen': true },
        [b]: { [`mailboxIds/${inbox}`]: null },
      },
      destroy: [a, 'gone', 'gone'],
    })
    expect(newState).not.toBe(oldState)
    expect(answer).toMatchObject({
      updated: { [a]: null },
      notUpdated: {
        nope: { type: 'notFound' },
        [b]: { type: 'invalidProperties', properties: ['mailboxIds'] },
      },
      destroyed: [a],
      notDestroyed: { gone: { type: 'notFound' } },
    })
  })

  it.each([
    ['invalidPatch', { keywords: {}, 'keywords/$seen': true }],
    ['invalidPatch', 5],
    ['invalidProperties', { 'keywords/$seen': 0 }],
    ['invalidProperties', { 'keywords/a/b': true }],
    ['invalidProperties', { subject: 'new' }],
    ['invalidProperties', { 'mailboxIds/..~1x': true }],
    [
      'tooManyKeywords',
      { keywords: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, true])) },
    ],
  ])('refuses with %s', async (type, patch) => {
    const id = await jmap.add('Subject: a\n\n')
    const { notUpdated } = await jmap.call('Email/set', { update: { [id]: patch } })
    expect(notUpdated).toMatchObject({ [id]: { type } })
  })

  it('changes nothing in another state', async () => {
    const id = await jmap.add('Subject: a\n\n')
    const { state } = await jmap.call('Email/get', { ids: [] })
    await jmap.add('Subject: b\n\n')
    expect(await jmap.call('Email/set', { ifInState: state, destroy: [id] })).toMatchObject({
      error: 'stateMismatch',
    })
    expect((await jmap.call('Email/get', { ids: [id] })).notFound).toEqual([])
  })

  it('uses ids that the same request made', async () => {
    const [boxes, emails] = await jmap.calls(
      ['Mailbox/set', { create: { box: { name: 'Made here' } } }],
      ['Email/set', { create: { mail: { mailboxIds: { '#box': true } } }, destroy: ['#mail'] }],
    )
    expect(boxes?.[1].created['box']).toBeDefined()
    expect(emails?.[1]).toMatchObject({ destroyed: ['#mail'], notCreated: null })
  })
})

describe('Email/import', () => {
  it('takes a whole upload, and a message that is attached to another', async () => {
    const blobId = await jmap.upload(
      'Received: by x; Mon, 2 Jan 2023 10:00:00 +0000\r\nSubject: up\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
        '--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhi\r\n--b--\r\n',
    )
    const { created } = await jmap.call('Email/import', {
      emails: { k: { blobId, mailboxIds: { [inbox]: true }, keywords: { $seen: true } } },
    })
    expect(created['k']).toMatchObject({ blobId })
    const { list } = await jmap.call('Email/get', {
      ids: [created['k']?.id],
      properties: ['subject', 'receivedAt', 'attachments'],
    })
    expect(list).toMatchObject([
      {
        subject: 'up',
        receivedAt: '2023-01-02T10:00:00Z',
        attachments: [{ type: 'message/rfc822' }],
      },
    ])
    const attachments = list[0]?.['attachments'] as { blobId: string }[] | undefined
    const inner = await jmap.call('Email/import', {
      emails: {
        k: {
          blobId: attachments?.[0]?.blobId,
          mailboxIds: { [inbox]: true },
          receivedAt: '2020-01-01T00:00:00Z',
        },
      },
    })
    const got = await jmap.call('Email/get', {
      ids: [inner.created['k']?.id],
      properties: ['subject', 'receivedAt'],
    })
    expect(got.list).toMatchObject([{ subject: 'inner', receivedAt: '2020-01-01T00:00:00Z' }])
  })

  it('blames what it cannot take', async () => {
    const blobId = await jmap.upload('Subject: x\r\n\r\n')
    const empty = await jmap.upload('')
    const to = { mailboxIds: { [inbox]: true } }
    const { notCreated } = await jmap.call('Email/import', {
      emails: {
        lost: { ...to, blobId: 'nope' },
        hostile: { ...to, blobId: '../x' },
        empty: { ...to, blobId: empty },
        homeless: { blobId, mailboxIds: {} },
        late: { ...to, blobId, receivedAt: 'x' },
        odd: { ...to, blobId, subject: 'x' },
      },
    })
    expect(notCreated).toMatchObject({
      lost: { type: 'invalidProperties', properties: ['blobId'] },
      hostile: { type: 'invalidProperties', properties: ['blobId'] },
      empty: { type: 'invalidEmail' },
      homeless: { type: 'invalidProperties', properties: ['mailboxIds'] },
      late: { type: 'invalidProperties', properties: ['receivedAt'] },
      odd: { type: 'invalidProperties', properties: ['subject'] },
    })
  })
})
