import { connect, type Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { basic, basicOfOther, JmapFixture, type Answer } from './jmap-fixture.ts'

/** On a busy machine. */
const patient = { timeout: 30_000 }

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

function upload(body: string): Promise<Answer> {
  const path = `/jmap/upload/${jmap.accountId}/`
  return jmap.ask({ method: 'POST', path, body, headers: { 'content-type': 'text/plain' } })
}

describe('an upload', () => {
  it('over the quota is overQuota, not a broken server, and leaves nothing behind', async () => {
    await jmap.store.directory.setQuota('me@example.test', { bytes: 1000, emails: 10 })
    const answer = await upload('x'.repeat(2000))
    expect(answer.status).toBe(507)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(JSON.parse(answer.text)).toEqual({
      type: 'urn:ietf:params:jmap:error:overQuota',
      status: 507,
      title: 'The account is over its quota',
      detail: expect.any(String),
    })
    expect(answer.text).not.toMatch(/\bat \S+:\d+|Error:/)
    expect(jmap.logged).toEqual([])
    expect(jmap.security.of('jmapAbuse')).toEqual([])
    await jmap.store.directory.setQuota('me@example.test', { bytes: 3000, emails: 10 })
    expect((await upload('x'.repeat(2500))).status).toBe(201)
  })

  it('of nothing is a blob of nothing', async () => {
    const answer = await upload('')
    expect(answer.status).toBe(201)
    const { blobId, size } = JSON.parse(answer.text) as { blobId: string; size: number }
    expect(size).toBe(0)
    const path = `/jmap/download/${jmap.accountId}/${blobId}/none`
    expect(await jmap.ask({ path })).toMatchObject({ status: 200, text: '' })
  })

  it('that is too large is told so, whether or not it says how large it is', async () => {
    await using small = await JmapFixture.open({ maxSizeUpload: 1000 })
    const path = `/jmap/upload/${small.accountId}/`
    const send = (body: string, headers: Record<string, string>): Promise<Answer> =>
      small.ask({ method: 'POST', path, body, headers: { 'content-type': 'a/b', ...headers } })
    for (const headers of [{ 'content-length': '2000' }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await send('x'.repeat(2000), headers)
      expect(answer.status).toBe(413)
      expect(JSON.parse(answer.text)).toMatchObject({ limit: 'maxSizeUpload' })
    }
    const much = await send('x'.repeat(3_000_000), { 'transfer-encoding': 'chunked' })
    expect(much.status).toBe(413)
    const chunked = await send('y'.repeat(900), { 'transfer-encoding': 'chunked' })
    expect(JSON.parse(chunked.text)).toMatchObject({ size: 900 })
  })

  it('to another account, or of a blob that is not there, is 404', async () => {
    const path = `/jmap/upload/${jmap.otherId}/`
    expect((await jmap.ask({ method: 'POST', path, body: 'x' })).status).toBe(404)
    for (const blobId of ['nope', `P1_${'x'.repeat(20)}`, '%00'])
      expect(
        (await jmap.ask({ path: `/jmap/download/${jmap.accountId}/${blobId}/n` })).status,
      ).toBe(404)
  })

  it('waits behind those of its own account when these hold its share, and behind nobody else’s', async () => {
    await using small = await JmapFixture.open({ ...roomForOne, uploadWaitMs: 300_000 })
    const holding = await holdShare(small)
    let isAnswered = false
    const waiting = sendFew(small, basic).then(({ status }) => {
      isAnswered = true
      return status
    })
    expect((await sendFew(small, basicOfOther)).status).toBe(201)
    expect(isAnswered).toBe(false)
    holding.destroy()
    expect(await waiting).toBe(201)
    // A client that goes away is nothing to log.
    expect(small.logged).toEqual([])
  }, 60_000)

  it('is refused when its turn does not come in time, and one that waits no longer takes nothing', async () => {
    await using small = await JmapFixture.open({ ...roomForOne, uploadWaitMs: 1 })
    const holding = await holdShare(small)
    const refused = await sendFew(small, basic)
    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('10')
    holding.destroy()
    await expect.poll(async () => (await sendFew(small, basic)).status, patient).toBe(201)
    expect((await sendFew(small, basic)).status).toBe(201)
  }, 60_000)

  it.each([
    ['25 MB with a length', 25_000_000, {}],
    ['2 MB in chunks', 2_000_000, { 'transfer-encoding': 'chunked' }],
  ])(
    'two at once of %s are both taken',
    async (_what, bytes, more) => {
      await using large = await JmapFixture.open({
        maxSizeUpload: 36_700_160,
        uploadWaitMs: 300_000,
      })
      const body = Buffer.alloc(bytes, 'x')
      const send = async (): Promise<number> => {
        const path = `/jmap/upload/${large.accountId}/`
        const headers = { 'content-type': 'a/b', ...more }
        return (await large.ask({ method: 'POST', path, body, headers })).status
      }
      expect(await Promise.all([send(), send()])).toEqual([201, 201])
    },
    120_000,
  )

  it('in chunks holds what came, not the most that may come', async () => {
    await using small = await JmapFixture.open({ ...roomForOne, uploadWaitMs: 1 })
    const path = `/jmap/upload/${small.accountId}/`
    const began = connect(small.ports.plain, '127.0.0.1')
    began.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic}\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const piece = 'y'.repeat(65_536)
    const half = `10000\r\n${piece}\r\n`.repeat(muchBytes / 65_536 / 2)
    await new Promise((resolve) => began.write(half, resolve))
    const headers = { 'content-type': 'a/b' }
    const body = Buffer.alloc(muchBytes / 4)
    expect((await small.ask({ method: 'POST', path, headers, body })).status).toBe(201)
    const { promise: ended, resolve } = Promise.withResolvers<string>()
    began.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1')))
    began.write('0\r\n\r\n')
    expect(await ended).toMatch(/^HTTP\/1\.1 201 /)
    began.destroy()
  }, 60_000)
})

/** More than the buffers of two sockets on loopback take. */
const muchBytes = 33_554_432
const fewBytes = 1_000_000
/** One large upload fills the share of its account and half of all; others have room for small ones. */
const roomForOne = { maxSizeUpload: muchBytes, maxUploadBytesInFlight: 2 * muchBytes }

/** Begins an upload of all that an account may have; fulfils when the door has read of it, so that it is inside. */
async function holdShare(fixture: JmapFixture): Promise<Socket> {
  const socket = connect(fixture.ports.plain, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /jmap/upload/${fixture.accountId}/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic}\r\nContent-Type: text/plain\r\nContent-Length: ${muchBytes}\r\n\r\n`,
  )
  await new Promise((resolve) => socket.write(Buffer.alloc(muchBytes - 1), resolve))
  return socket
}

function sendFew(fixture: JmapFixture, authorization: string): Promise<Answer> {
  const id = authorization === basic ? fixture.accountId : fixture.otherId
  return fixture.ask({
    method: 'POST',
    path: `/jmap/upload/${id}/`,
    headers: { 'content-type': 'text/plain', authorization },
    body: Buffer.alloc(fewBytes),
  })
}
