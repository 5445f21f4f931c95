import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { turnUnits } from '../src/budget/request-budget.ts'
import { JmapFixture, type Args } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

interface Part {
  readonly partId: string | null
  readonly blobId: string | null
  readonly size: number
  readonly type: string
}
type Parsed = Readonly<Record<string, unknown>> & {
  readonly attachments: readonly Part[]
  readonly textBody: readonly Part[]
}

async function parse(blobId: string, more: object = {}): Promise<Parsed> {
  const { parsed } = await jmap.call('Email/parse', { blobIds: [blobId], ...more })
  return (parsed as Record<string, Parsed>)[blobId] ?? missing(blobId)
}

function missing(what: string): never {
  throw new Error(`${what} is missing`)
}

async function download(blobId: string | null | undefined): Promise<string> {
  const path = `/jmap/download/${jmap.accountId}/${blobId ?? missing('a blob id')}/x`
  const { status, text } = await jmap.ask({ path })
  return status === 200 ? text : `${status}`
}

/** A message with a text and the inner message behind it. */
function around(inner: string, encoding: string, subject: string): string {
  const body =
    encoding === 'base64'
      ? Buffer.from(inner).toString('base64').replaceAll(/.{76}/g, '$&\r\n')
      : encoding === 'quoted-printable'
        ? inner.replaceAll('=', '=3D')
        : inner
  const boundary = `b-${subject}`
  return (
    `Subject: ${subject}\r\nContent-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n` +
    `--${boundary}\r\n\r\ntext of ${subject}\r\n--${boundary}\r\n` +
    `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n--${boundary}--\r\n`
  )
}

const simple =
  'From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\r\nTo: me@example.test\r\nSubject: hello\r\n' +
  'Date: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@example.com>\r\nX-Odd: a\r\nx-odd: b\r\n\r\nbody of it\r\n'

// RFC 8621 section 4.9
describe('Email/parse of an upload', () => {
  it('shows the properties of a message by default, and none of what only an email has', async () => {
    const blobId = await jmap.upload(simple)
    const answer = await jmap.call('Email/parse', { blobIds: [blobId] })
    const text = {
      partId: '1',
      blobId: `P1_${blobId}`,
      size: 12,
      name: null,
      type: 'text/plain',
      charset: 'us-ascii',
      disposition: null,
      cid: null,
      language: null,
      location: null,
    }
    expect(answer).toEqual({
      accountId: jmap.accountId,
      parsed: {
        [blobId]: {
          messageId: ['1@example.com'],
          inReplyTo: null,
          references: null,
          sender: null,
          from: [{ name: 'Jörg', email: 'joerg@example.com' }],
          to: [{ name: null, email: 'me@example.test' }],
          cc: null,
          bcc: null,
          replyTo: null,
          subject: 'hello',
          sentAt: '1997-11-21T09:55:06-06:00',
          hasAttachment: false,
          preview: 'body of it',
          bodyValues: {},
          textBody: [text],
          htmlBody: [text],
          attachments: [],
        },
      },
      notParsable: null,
      notFound: null,
    })
    expect(await download(`P1_${blobId}`)).toBe('body of it\r\n')
  })

  it('what only an email has is null', async () => {
    const blobId = await jmap.upload(simple)
    const properties = ['id', 'threadId', 'mailboxIds', 'keywords', 'receivedAt', 'blobId', 'size']
    expect(await parse(blobId, { properties })).toEqual({
      id: null,
      threadId: null,
      mailboxIds: null,
      keywords: null,
      receivedAt: null,
      blobId,
      size: simple.length,
    })
  })

  it('header fields are had in the forms of Email/get, with names as they were asked for', async () => {
    const blobId = await jmap.upload(simple)
    const properties = ['header:X-Odd:all', 'header:FROM:asAddresses', 'header:Date:asDate']
    expect(await parse(blobId, { properties })).toEqual({
      'header:X-Odd:all': [' a', ' b'],
      'header:FROM:asAddresses': [{ name: 'Jörg', email: 'joerg@example.com' }],
      'header:Date:asDate': '1997-11-21T09:55:06-06:00',
    })
  })

  it('body values come when they are asked for, and cut', async () => {
    const html = 'Content-Type: text/html\r\n\r\n<p>html</p>\r\n'
    const blobId = await jmap.upload(
      'Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain text\r\n' +
        `--b\r\n${html}--b--\r\n`,
    )
    const shown = { properties: ['bodyValues', 'textBody'], bodyProperties: ['partId', 'type'] }
    const value = { isEncodingProblem: false, isTruncated: false }
    expect(await parse(blobId, { ...shown, fetchTextBodyValues: true })).toEqual({
      bodyValues: { 1: { ...value, value: 'plain text' } },
      textBody: [{ partId: '1', type: 'text/plain' }],
    })
    expect((await parse(blobId, { ...shown, fetchHTMLBodyValues: true }))['bodyValues']).toEqual({
      2: { ...value, value: '<p>html</p>' },
    })
    const cut = { fetchAllBodyValues: true, maxBodyValueBytes: 5 }
    expect((await parse(blobId, { ...shown, ...cut }))['bodyValues']).toEqual({
      1: { isEncodingProblem: false, isTruncated: true, value: 'plain' },
      2: { isEncodingProblem: false, isTruncated: true, value: '<p>ht' },
    })
  })

  it('one that is read in a thread of its own is shown like a small one', async () => {
    const start = around(simple, 'base64', 'large')
    const line = `${'x'.repeat(70)}\r\n`
    const blobId = await jmap.upload(start.replace('text of large', line.repeat(10_000)))
    const { subject, attachments, textBody } = await parse(blobId)
    expect(subject).toBe('large')
    expect(textBody).toMatchObject([{ size: line.length * 10_000 }])
    expect(await download(attachments[0]?.blobId)).toBe(simple)
  })

  it('the largest that may be uploaded, in base64 nearly all of it, is opened within the budget of a request', async () => {
    const maxMessageBytes = 50_000_000
    await using full = await JmapFixture.open({ maxMessageBytes, maxSizeUpload: maxMessageBytes })
    const line = `${'x'.repeat(70)}\r\n`
    const inner = `Subject: inner\r\n\r\n${line.repeat(500_000)}`
    const blobId = await full.upload(around(inner, 'base64', 'outer'))
    const outer = await full.call('Email/parse', { blobIds: [blobId] })
    expect(outer['parsed']).toMatchObject({
      [blobId]: { subject: 'outer', attachments: [{ blobId: `P2_${blobId}` }] },
    })
    const opened = await full.call('Email/parse', {
      blobIds: [`P2_${blobId}`],
      fetchTextBodyValues: true,
      maxBodyValueBytes: 1000,
    })
    expect(opened['parsed']).toMatchObject({
      [`P2_${blobId}`]: { subject: 'inner', textBody: [{ size: line.length * 500_000 }] },
    })
    const path = `/jmap/download/${full.accountId}/P1_P2_${blobId}/x`
    expect((await full.ask({ path })).body.length).toBe(line.length * 500_000)
    expect(Math.max(...full.turns)).toBeLessThanOrEqual(turnUnits)
  }, 120_000)
})

describe('Email/parse of attached messages', () => {
  const encodings = ['7bit', 'base64', 'quoted-printable']
  const pairs = encodings.flatMap((outer) => encodings.map((inner) => [outer, inner] as const))

  it.each(pairs)(
    'a message in one in %s, itself attached in %s: its parts are downloaded, parsed and imported',
    async (innerEncoding, outerEncoding) => {
      const middle = around(simple, innerEncoding, 'middle')
      const id = await jmap.add(around(middle, outerEncoding, 'outer'))
      const { list } = await jmap.call('Email/get', { ids: [id], properties: ['attachments'] })
      const [outer] = (list[0]?.['attachments'] ?? []) as Part[]
      expect(outer?.blobId).toBe(`P2_${id}`)
      const opened = await parse(outer?.blobId ?? '')
      expect(opened).toMatchObject({ subject: 'middle', preview: 'text of middle' })
      expect(await download(opened.textBody[0]?.blobId)).toBe('text of middle')
      const [attached] = opened.attachments
      expect(attached).toMatchObject({ blobId: `P2_P2_${id}`, size: simple.length })
      expect(await download(attached?.blobId)).toBe(simple)
      const innermost = await parse(attached?.blobId ?? '', { fetchAllBodyValues: true })
      expect(innermost).toMatchObject({
        subject: 'hello',
        bodyValues: { 1: { value: 'body of it\n' } },
        textBody: [{ blobId: `P1_P2_P2_${id}` }],
      })
      expect(await download(`P1_P2_P2_${id}`)).toBe('body of it\r\n')
      const { created } = await jmap.call('Email/import', {
        emails: {
          k: { blobId: attached?.blobId, mailboxIds: { [jmap.boxes['inbox'] ?? '']: true } },
        },
      })
      expect(created['k']).toMatchObject({ size: simple.length })
    },
  )

  it('the blob of an email is parsed, and its parts have ids of their own', async () => {
    const id = await jmap.add(around(simple, '7bit', 'outer'))
    const { list } = await jmap.call('Email/get', { ids: [id], properties: ['blobId'] })
    const blobId = list[0]?.blobId ?? ''
    const { attachments } = await parse(blobId)
    expect(attachments).toMatchObject([{ blobId: `P2_${blobId}` }])
    expect(await download(`P2_${blobId}`)).toBe(simple)
  })

  it('a part of an opened message is attached to a draft', async () => {
    const blobId = await jmap.upload(around(simple, 'base64', 'outer'))
    const { created } = await jmap.call('Email/set', {
      create: {
        d: {
          mailboxIds: { [jmap.boxes['drafts'] ?? '']: true },
          attachments: [{ blobId: `P1_P2_${blobId}`, type: 'text/plain', name: 'a.txt' }],
        },
      },
    })
    const properties = ['bodyValues']
    const ids = [created['d']?.id]
    const { list } = await jmap.call('Email/get', { ids, properties, fetchAllBodyValues: true })
    expect(list[0]?.['bodyValues']).toMatchObject({ 1: { value: 'body of it\n' } })
  })

  it('messages in messages beyond the bound have no blob id, and none is found', async () => {
    let content = simple
    for (let level = 0; level < 18; level++) content = around(content, '7bit', `level ${level}`)
    let blobId = await jmap.upload(content)
    for (let level = 0; level < 16; level++)
      blobId = (await parse(blobId)).attachments[0]?.blobId ?? missing('a blob id')
    expect(await parse(blobId)).toMatchObject({
      subject: 'level 1',
      attachments: [{ blobId: null, type: 'message/rfc822' }],
    })
    const { notFound } = await jmap.call('Email/parse', { blobIds: [`P2_${blobId}`] })
    expect(notFound).toEqual([`P2_${blobId}`])
  })
})

describe('what cannot be parsed, found or asked', () => {
  it.each([
    ['nothing', ''],
    ['a text', 'Dear Jörg,\r\n\r\nhello: there\r\n'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['an empty line first', '\r\nSubject: x\r\n\r\n'],
    ['the line of an mbox alone', 'From a@b.example Fri Nov 21 09:55:06 1997\r\n'],
  ])('%s is not parsable', async (_name, content) => {
    const blobId = await jmap.upload(content)
    expect(await jmap.call('Email/parse', { blobIds: [blobId] })).toEqual({
      accountId: jmap.accountId,
      parsed: null,
      notParsable: [blobId],
      notFound: null,
    })
  })

  it.each([
    ['a header alone', 'Subject: x\r\n'],
    ['bare LF and NUL', 'Subject: x\n\na\0b\n'],
    [
      'the line of an mbox first',
      'From a@b.example Fri Nov 21 09:55:06 1997\r\nSubject: x\r\n\r\n',
    ],
    ['a multipart without its boundary', 'Subject: x\r\nContent-Type: multipart/mixed\r\n\r\na'],
  ])('%s is read like mail that comes in', async (_name, content) => {
    expect(await parse(await jmap.upload(content))).toMatchObject({ subject: 'x' })
  })

  it('each blob is told of once, where it belongs', async () => {
    const good = await jmap.upload(simple)
    const bad = await jmap.upload('no message')
    const gone = [`P2_${good}`, `P1_P2_${good}`, `P1_${bad}`, 'e999', 'nothing', 'P1_', 'P0_x']
    const answer = await jmap.call('Email/parse', {
      blobIds: [bad, good, ...gone, good, bad],
      properties: ['subject'],
    })
    expect(answer).toMatchObject({
      parsed: { [good]: { subject: 'hello' } },
      notParsable: [bad],
      notFound: gone,
    })
  })

  it('a blob of another account is not found, and the other account neither', async () => {
    const [{ blobId }] = await jmap.store.mail.transact(jmap.otherId, [
      { op: 'putBlob', content: Buffer.from(simple), expiresAt: Date.now() + 3_600_000 },
    ])
    const blobIds = [blobId, `P1_${blobId}`]
    expect(await jmap.call('Email/parse', { blobIds })).toMatchObject({
      parsed: null,
      notFound: blobIds,
    })
    expect(await download(`P1_${blobId}`)).toBe('404')
    expect(await jmap.call('Email/parse', { accountId: jmap.otherId, blobIds })).toMatchObject({
      error: 'accountNotFound',
    })
  })

  const invalid: readonly [string, object, string][] = [
    [
      'a form that the field does not have',
      { properties: ['header:From:asDate'] },
      'invalidArguments',
    ],
    ['a property that there is not', { properties: ['snooze'] }, 'invalidArguments'],
    ['a property of parts that there is not', { bodyProperties: ['x'] }, 'invalidArguments'],
    ['an argument that there is not', { ids: [] }, 'invalidArguments'],
    ['a size below nothing', { maxBodyValueBytes: -1 }, 'invalidArguments'],
    ['no id', { blobIds: ['a b'] }, 'invalidArguments'],
    ['no list', { blobIds: null }, 'invalidArguments'],
    ['more than one call may name', { blobIds: ['x', 'y', 'z'] }, 'requestTooLarge'],
  ]
  it.each(invalid)('%s', async (_name, args, error) => {
    await using small = await JmapFixture.open({ maxObjectsInGet: 2 })
    const answer: Args = await small.call('Email/parse', { blobIds: [], ...args })
    expect(answer).toMatchObject({ error })
  })
})

describe('the memory for a message that is opened', () => {
  const inner = `Subject: inner\r\n\r\n${'0123456789abcdef\r\n'.repeat(20_000)}`
  const outer = around(inner, 'base64', 'outer')

  it('is counted: who may have no more of it gets no answer, and smaller ones get theirs', async () => {
    await using small = await JmapFixture.open({
      maxAnswerBytesInFlight: 1_600_000,
      maxResponseBytes: 200_000,
    })
    const large = await small.upload(outer)
    const little = await small.upload(simple)
    const shown = { properties: ['subject'] }
    for (let round = 0; round < 3; round++) {
      expect(await small.call('Email/parse', { blobIds: [large], ...shown })).toMatchObject({
        error: 'requestTooLarge',
      })
      expect(await small.call('Email/parse', { blobIds: [little], ...shown })).toMatchObject({
        parsed: { [little]: { subject: 'hello' } },
      })
    }
  })

  it('is counted in downloads too', async () => {
    await using small = await JmapFixture.open({
      maxAnswerBytesInFlight: 2_400_000,
      maxResponseBytes: 200_000,
    })
    const blobId = await small.upload(outer)
    const path = `/jmap/download/${small.accountId}/P1_P2_${blobId}/x`
    const { status, headers } = await small.ask({ path })
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('5')
  })

  it('is given back after each of many in one request, and after each download', async () => {
    await using small = await JmapFixture.open({
      maxAnswerBytesInFlight: 5_000_000,
      maxResponseBytes: 500_000,
    })
    const ids: string[] = []
    for (let at = 0; at < 8; at++)
      ids.push(`P2_${await small.add(around(inner, 'base64', `outer ${at}`))}`)
    const { parsed } = await small.call('Email/parse', { blobIds: ids, properties: ['subject'] })
    expect(Object.keys(parsed as object)).toEqual(ids)
    for (const id of ids) {
      const path = `/jmap/download/${small.accountId}/P1_${id}/x`
      expect((await small.ask({ path })).status).toBe(200)
    }
  }, 60_000)

  it('is not taken for a client that has left while its message was read', async () => {
    await using small = await JmapFixture.open({
      maxAnswerBytesInFlight: 7_200_000,
      maxResponseBytes: 600_000,
    })
    const id = await small.add(around(around(inner, 'base64', 'middle'), 'base64', 'outer'))
    const path = `/jmap/download/${small.accountId}/P1_P2_P2_${id}/x`
    expect((await small.ask({ path })).status).toBe(200)
    const { mail } = small.store
    const read = mail.read.bind(mail)
    for (let round = 0; round < 5; round++) {
      const leaving = new AbortController()
      const reading = vi.spyOn(mail, 'read').mockImplementation((account, use) => {
        leaving.abort()
        return read(account, use)
      })
      // What the one before has not given back yet is not there: that is said before anything is read.
      const outcome = await small.ask({ path, signal: leaving.signal }).catch(String)
      expect(typeof outcome === 'string' ? outcome : outcome.status).toSatisfy(
        (found) => found === 503 || String(found).includes('aborted'),
      )
      reading.mockRestore()
    }
    await expect.poll(async () => (await small.ask({ path })).status, { timeout: 30_000 }).toBe(200)
    expect(small.logged).toEqual([])
  }, 60_000)
})
