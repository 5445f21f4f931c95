import { connect } from 'node:net'

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
    await using small = await JmapFixture.open({
      maxSizeUpload: 1000,
      maxUploadBytesInFlight: 8000,
    })
    const path = `/jmap/upload/${small.accountId}/`
    const headers = { 'content-type': 'text/plain', 'content-length': '900' }
    const holding = [1, 2].map(() => connect(small.ports.plain, '127.0.0.1'))
    for (const socket of holding)
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic}\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\nx`,
      )
    const body = 'x'.repeat(900)
    await expect
      .poll(async () => (await small.ask({ method: 'POST', path, headers, body })).status, patient)
      .toBe(503)
    const other = await small.ask({
      method: 'POST',
      path: `/jmap/upload/${small.otherId}/`,
      headers: { ...headers, authorization: basicOfOther },
      body,
    })
    expect(other.status).toBe(201)
    for (const socket of holding) socket.destroy()
    await expect
      .poll(async () => (await small.ask({ method: 'POST', path, headers, body })).status, patient)
      .toBe(201)
    // A client that goes away is nothing to log.
    expect(small.logged).toEqual([])
  })
})
