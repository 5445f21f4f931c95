import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
let drafts: string
beforeAll(async () => {
  jmap = await JmapFixture.open()
  drafts = jmap.boxes['drafts'] ?? ''
})
afterAll(() => jmap[Symbol.asyncDispose]())

async function raw(id: string): Promise<string> {
  const { list } = await jmap.call('Email/get', { ids: [id], properties: ['blobId'] })
  const path = `/jmap/download/${jmap.accountId}/${list[0]?.blobId}/mail.eml`
  return (await jmap.ask({ path })).text
}

describe('a message that Email/set writes', () => {
  it('header fields of a part that a writer of messages knows were spoiled or dropped', async () => {
    const fields = {
      'header:Date:asDate': '2020-01-01T00:00:00Z',
      'header:References:asMessageIds': ['a@b', 'c@d'],
      'header:Message-ID:asMessageIds': ['e@f'],
      'header:From:asAddresses': [{ name: 'Ann', email: 'ann@example.com' }],
      'header:To:asAddresses': [{ name: null, email: 'to@example.com' }],
      'header:Cc:asAddresses': [{ name: null, email: 'cc@example.com' }],
      'header:Bcc:asAddresses': [{ name: null, email: 'bcc@example.com' }],
      'header:Sender:asAddresses': [{ name: null, email: 's@example.com' }],
      'header:Reply-To:asAddresses': [{ name: null, email: 'r@example.com' }],
      'header:X-Other:asText': 'Käse',
    }
    const values = { t: { value: 'text' }, u: { value: 'more' } }
    const part = { partId: 't', type: 'text/plain', ...fields }
    const more = { mailboxIds: { [drafts]: true }, bodyValues: values }
    const { created, notCreated } = await jmap.call('Email/set', {
      create: {
        root: { ...more, textBody: [part] },
        structure: { ...more, bodyStructure: part },
        inner: { ...more, textBody: [part], attachments: [{ partId: 'u' }] },
      },
    })
    expect(notCreated).toBeNull()
    const bodyProperties = ['headers', 'subParts', ...Object.keys(fields)]
    for (const key of ['root', 'structure', 'inner']) {
      const { list } = await jmap.call('Email/get', {
        ids: [created[key]?.id],
        properties: ['bodyStructure', 'textBody', 'header:Date:asDate:all'],
        bodyProperties,
      })
      expect(list[0]?.['textBody']).toMatchObject([fields])
      expect(list[0]?.['header:Date:asDate:all']).toHaveLength(1)
    }
  })

  it('a name of 120 CJK characters comes back, in lines of 78 characters, and is not encoded twice', async () => {
    const blobId = await jmap.upload('x', 'image/png')
    const name = `${'漢'.repeat(120)}.png`
    const { created } = await jmap.call('Email/set', {
      create: {
        k: { mailboxIds: { [drafts]: true }, attachments: [{ blobId, type: 'image/png', name }] },
      },
    })
    const id = created['k']?.id ?? ''
    const text = await raw(id)
    expect(text.split('\r\n').every((line) => line.length <= 78)).toBe(true)
    expect(text).not.toContain('=?')
    const { list } = await jmap.call('Email/get', { ids: [id], properties: ['attachments'] })
    expect(list).toMatchObject([{ attachments: [{ name, type: 'image/png' }] }])
  })

  it.each([
    ['no line end', 'one'],
    ['one line end', 'one\n'],
    ['nothing', ''],
    ['a blank at the end', 'one '],
    ['other characters', 'Grüße'],
    ['many other characters', '漢字'.repeat(50)],
    ['long lines', 'x'.repeat(2000)],
    ['a long text', 'A line of it, é\n'.repeat(20_000)],
  ])('a text comes back as it was given: %s', async (_what, value) => {
    const { created } = await jmap.call('Email/set', {
      create: {
        k: {
          mailboxIds: { [drafts]: true },
          bodyValues: { t: { value } },
          textBody: [{ partId: 't' }],
        },
      },
    })
    const { list } = await jmap.call('Email/get', {
      ids: [created['k']?.id],
      properties: ['bodyValues'],
      fetchTextBodyValues: true,
    })
    expect(list).toMatchObject([{ bodyValues: { 1: { value, isEncodingProblem: false } } }])
    const message = await raw(created['k']?.id ?? '')
    expect(message).not.toMatch(/[^\r\n]{79}/)
    // SMTP adds a line end to a message without one: what is kept and what is sent would differ.
    expect(message).toMatch(/\r\n$/)
  })

  it('a body value is of any type but multipart, and no octet of it is changed outside of text', async () => {
    const json = '{"a":\n"ä"}'
    const notification =
      'Final-Recipient: rfc822; me@example.test\nDisposition: manual-action; displayed\n'
    const { created, notCreated } = await jmap.call('Email/set', {
      create: {
        k: {
          mailboxIds: { [drafts]: true },
          bodyValues: { t: { value: 'read' }, m: { value: notification }, j: { value: json } },
          bodyStructure: {
            type: 'multipart/report',
            subParts: [
              { partId: 't', type: 'text/plain' },
              { partId: 'm', type: 'message/disposition-notification' },
              { partId: 'j', type: 'application/json' },
            ],
          },
        },
      },
    })
    expect(notCreated).toBeNull()
    const text = await raw(created['k']?.id ?? '')
    expect(text).toContain(notification.replaceAll('\n', '\r\n'))
    expect(text).toContain(`Content-Type: application/json\r\n`)
    expect(text).toContain(Buffer.from(json).toString('base64'))
  })

  it('what is attached comes back octet for octet, and a message is not encoded', async () => {
    const script = '#!/bin/sh\necho "ä"\r\n\rlast'
    const lines = 'a line of text\r\n'.repeat(20)
    const mail = `Subject: ä\r\n\r\nbody ä\r\n`
    const blobs = [await jmap.upload(script), await jmap.upload(lines), await jmap.upload(mail)]
    const types = ['text/x-sh', 'text/plain', 'message/rfc822']
    const attachments = blobs.map((blobId, at) => ({ blobId, type: types[at], name: `n${at}` }))
    const { created } = await jmap.call('Email/set', {
      create: { k: { mailboxIds: { [drafts]: true }, attachments } },
    })
    const id = created['k']?.id ?? ''
    const { list } = await jmap.call('Email/get', { ids: [id], properties: ['attachments'] })
    const parts = (list[0]?.['attachments'] ?? []) as { blobId: string }[]
    const got = await Promise.all(
      parts.map(({ blobId }) => jmap.ask({ path: `/jmap/download/${jmap.accountId}/${blobId}/n` })),
    )
    expect(got.map(({ text }) => text)).toEqual([script, lines, mail])
    const text = await raw(id)
    expect(text).toContain(mail)
    // RFC 2045 section 6.4: of the message, and of the whole that it is in.
    expect(text.match(/Content-Transfer-Encoding: 8bit/g)).toHaveLength(2)
  })

  it('no line of a header is longer than mail allows', async () => {
    const url = `https://example.test/${'u'.repeat(1900)}`
    const { created } = await jmap.call('Email/set', {
      create: {
        k: {
          mailboxIds: { [drafts]: true },
          subject: 's'.repeat(5000),
          'header:List-Help:asURLs': [url],
          'header:X-Raw': ` ${'word '.repeat(1000)}end`,
        },
      },
    })
    const id = created['k']?.id ?? ''
    expect(await raw(id)).not.toMatch(/[^\r\n]{999}/)
    const { list } = await jmap.call('Email/get', {
      ids: [id],
      properties: ['subject', 'header:List-Help:asURLs', 'header:X-Raw:asText'],
    })
    expect(list).toMatchObject([
      {
        subject: 's'.repeat(5000),
        'header:List-Help:asURLs': [url],
        'header:X-Raw:asText': `${'word '.repeat(1000)}end`,
      },
    ])
  })
})
