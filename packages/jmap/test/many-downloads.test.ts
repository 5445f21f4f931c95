import { describe, expect, it } from 'vitest'

import { type FixtureLimits, JmapFixture } from './jmap-fixture.ts'

/** On a busy machine. */
const patient = { timeout: 30_000, interval: 20 }
/** More than the buffers of two sockets on loopback take. */
const muchBytes = 24_000_000
const onePlace: FixtureLimits = {
  maxSizeUpload: 40_000_000,
  maxConcurrentDownloads: 1,
  downloadWaitMs: 300_000,
  unreadAnswerMs: 300_000,
}

/** The path of a blob of that many bytes. */
async function blobIn(fixture: JmapFixture, bytes: number): Promise<string> {
  const blobId = await fixture.upload(Buffer.alloc(bytes, 'x'), 'a/b')
  return `/jmap/download/${fixture.accountId}/${blobId}/name`
}

describe('many downloads of one account at once', () => {
  it('forty inline images are all answered: a ninth download was refused with 429', async () => {
    await using jmap = await JmapFixture.open()
    const path = await blobIn(jmap, 100_000)
    const answers = await Promise.all(Array.from({ length: 40 }, () => jmap.ask({ path })))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200))
    expect(answers.every(({ body }) => body.length === 100_000)).toBe(true)
  }, 60_000)

  it('only so many wait', async () => {
    await using jmap = await JmapFixture.open({ ...onePlace, maxWaitingDownloads: 1 })
    const path = await blobIn(jmap, muchBytes)
    const unread = await jmap.open({ path })
    const both = [jmap.open({ path, method: 'HEAD' }), jmap.open({ path, method: 'HEAD' })]
    const refused = await Promise.race(both)
    expect(refused.statusCode).toBe(429)
    expect(refused.headers['retry-after']).toBe('5')
    unread.destroy()
    const statuses = (await Promise.all(both)).map(({ statusCode }) => statusCode)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  }, 60_000)

  it('nobody waits without end', async () => {
    await using jmap = await JmapFixture.open({ ...onePlace, downloadWaitMs: 1 })
    const path = await blobIn(jmap, muchBytes)
    await jmap.open({ path })
    expect((await jmap.ask({ path })).status).toBe(429)
  }, 60_000)

  it('a place is not given to a client that left while it waited', async () => {
    await using jmap = await JmapFixture.open(onePlace)
    const path = await blobIn(jmap, muchBytes)
    const unread = await jmap.open({ path })
    const { promise: hasCome, resolve } = Promise.withResolvers<void>()
    jmap.beforePasswordCheck = async () => resolve()
    const leaving = new AbortController()
    const left = jmap.ask({ path, signal: leaving.signal })
    await hasCome
    // Behind its password check it waits, and others are answered.
    await jmap.call('Mailbox/get')
    leaving.abort()
    await expect(left).rejects.toThrow('aborted')
    await expect.poll(() => jmap.openConnections(), patient).toBe(1)
    unread.destroy()
    expect((await jmap.ask({ path, method: 'HEAD' })).status).toBe(200)
    expect(jmap.logged).toEqual([])
  }, 60_000)
})
