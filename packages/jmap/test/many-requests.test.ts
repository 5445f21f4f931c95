import { describe, expect, it } from 'vitest'

import { JmapFixture, type Answer } from './jmap-fixture.ts'
import { SocketClient } from './socket-client.ts'

const echo = { using: ['urn:ietf:params:jmap:core'], methodCalls: [] }
const noWait = { requestWaitMs: 300_000, uploadWaitMs: 300_000 }

/** Holds the only place: an API request that submits mail. Ends it when called. */
async function holdPlace(jmap: JmapFixture): Promise<() => Promise<Answer>> {
  const began = Promise.withResolvers<void>()
  const mayEnd = Promise.withResolvers<void>()
  jmap.beforeSubmission = () => {
    began.resolve()
    return mayEnd.promise
  }
  const emailId = await jmap.add('From: me@example.test\nTo: a@example.net\n\nx')
  const { list } = await jmap.call('Identity/get')
  const create = { s: { emailId, identityId: list[0]?.id } }
  const answer = jmap.api({
    using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:submission'],
    methodCalls: [['EmailSubmission/set', { accountId: jmap.accountId, create }, 'c']],
  })
  await began.promise
  return () => {
    mayEnd.resolve()
    return answer
  }
}

describe('many requests of one account at once', () => {
  it('forty of a phone, a laptop and a webmail are all answered: a ninth was refused, and told to CrowdSec', async () => {
    await using jmap = await JmapFixture.open()
    const path = `/jmap/upload/${jmap.accountId}/`
    const [answers, uploads] = await Promise.all([
      Promise.all(Array.from({ length: 40 }, () => jmap.api(echo))),
      Promise.all(Array.from({ length: 40 }, () => jmap.ask({ method: 'POST', path, body: 'x' }))),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(uploads.map(({ status }) => status))).toEqual(new Set([201]))
    expect(jmap.security.of('jmapAbuse')).toEqual([])
  }, 60_000)

  it('one waits for the other to be done, over HTTP and over a WebSocket', async () => {
    await using jmap = await JmapFixture.open({ ...noWait, maxConcurrentRequests: 1 })
    const end = await holdPlace(jmap)
    let answered = 0
    using client = await SocketClient.open(jmap)
    const waiting = [jmap.api(echo), client.ask('W', ['Core/echo', {}, 'c'])].map(
      async (answer) => {
        await answer
        answered += 1
      },
    )
    // Others of the account go on.
    expect((await jmap.ask({ path: '/jmap/session' })).status).toBe(200)
    expect(answered).toBe(0)
    expect((await end()).status).toBe(200)
    await Promise.all(waiting)
    expect(jmap.security.of('jmapAbuse')).toEqual([])
  }, 60_000)

  it('nobody waits without end', async () => {
    await using jmap = await JmapFixture.open({ maxConcurrentRequests: 1, requestWaitMs: 1 })
    const end = await holdPlace(jmap)
    const late = await jmap.api(echo)
    expect(late.status).toBe(429)
    expect(late.headers['retry-after']).toBe('5')
    using client = await SocketClient.open(jmap)
    expect(await client.ask('W', ['Core/echo', {}, 'c'])).toMatchObject({
      '@type': 'RequestError',
      requestId: 'W',
      status: 429,
    })
    expect(jmap.security.of('jmapAbuse')).toEqual([])
    await end()
  }, 60_000)

  it('only so many wait', async () => {
    await using jmap = await JmapFixture.open({
      ...noWait,
      maxConcurrentRequests: 1,
      maxWaitingRequests: 1,
    })
    const end = await holdPlace(jmap)
    const both = [jmap.api(echo), jmap.api(echo)]
    const refused = await Promise.race(both)
    expect(JSON.parse(refused.text)).toMatchObject({ limit: 'maxConcurrentRequests', status: 400 })
    expect(jmap.security.of('jmapAbuse')).toHaveLength(1)
    await end()
    expect(new Set((await Promise.all(both)).map(({ status }) => status))).toEqual(
      new Set([200, 400]),
    )
  }, 60_000)

  it('a place is not given to a client that left while it waited', async () => {
    await using jmap = await JmapFixture.open({ ...noWait, maxConcurrentRequests: 1 })
    const end = await holdPlace(jmap)
    const hasCome = Promise.withResolvers<void>()
    jmap.beforePasswordCheck = async () => hasCome.resolve()
    const leaving = new AbortController()
    const left = jmap.api(echo, { signal: leaving.signal })
    await hasCome.promise
    {
      using client = await SocketClient.open(jmap)
      client.say({ '@type': 'Request', id: 'W', ...echo })
    }
    leaving.abort()
    await expect(left).rejects.toThrow('aborted')
    await expect.poll(() => jmap.openConnections(), { timeout: 30_000, interval: 20 }).toBe(1)
    await end()
    expect((await jmap.api(echo)).status).toBe(200)
    expect(jmap.logged).toEqual([])
  }, 60_000)
})
