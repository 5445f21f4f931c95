import { expect, it } from 'vitest'

import { JmapFixture, type Ask } from './jmap-fixture.ts'
import { requestOf, SocketClient } from './socket-client.ts'

/** On a busy machine. */
const patient = { timeout: 30_000, interval: 20 }

const requests: readonly [name: string, request: (accountId: string, blobId: string) => Ask][] = [
  [
    'API requests',
    () => ({
      method: 'POST',
      path: '/jmap/api',
      headers: { 'content-type': 'application/json' },
      body: '{"using":[],"methodCalls":[]}',
    }),
  ],
  ['uploads', (id) => ({ method: 'POST', path: `/jmap/upload/${id}/`, body: 'x' })],
  ['downloads', (id, blobId) => ({ path: `/jmap/download/${id}/${blobId}/name` })],
  ['event sources', () => ({ path: '/jmap/eventsource/?types=*&closeafter=state&ping=0' })],
]

it.each(requests)(
  'who goes while his password is checked leaves no place taken among the %s of the account',
  async (_name, requestFor) => {
    await using jmap = await JmapFixture.open({
      maxConcurrentRequests: 1,
      maxWaitingRequests: 0,
      maxConcurrentUpload: 1,
      maxWaitingUploads: 0,
      maxConcurrentDownloads: 1,
      maxWaitingDownloads: 0,
      maxStreamsPerAccount: 1,
    })
    const request = requestFor(jmap.accountId, await jmap.upload('x', 'a/b'))
    const hasCome = Promise.withResolvers<void>()
    const mayGoOn = Promise.withResolvers<void>()
    jmap.beforePasswordCheck = () => {
      hasCome.resolve()
      return mayGoOn.promise
    }
    const leaving = new AbortController()
    const left = jmap.ask({ ...request, signal: leaving.signal })
    await hasCome.promise
    leaving.abort()
    await expect(left).rejects.toThrow('aborted')
    await expect.poll(() => jmap.openConnections(), patient).toBe(0)
    mayGoOn.resolve()
    const { statusCode = 0 } = await jmap.open(request)
    expect(statusCode).toBeLessThan(300)
    expect(jmap.logged).toEqual([])
  },
  60_000,
)

it('what a WebSocket had still to be answered when it broke is not carried out: nobody is subscribed for it', async () => {
  await using jmap = await JmapFixture.open()
  const hasCome = Promise.withResolvers<void>()
  const mayGoOn = Promise.withResolvers<void>()
  jmap.beforeSubmission = () => {
    hasCome.resolve()
    return mayGoOn.promise
  }
  const emailId = await jmap.add(
    'From: me@example.test\nTo: you@example.org\nSubject: x\n\nhello\n',
  )
  const { list } = await jmap.call('Identity/get')
  const create = { s: { emailId, identityId: list[0]?.id } }
  {
    using client = await SocketClient.open(jmap)
    client.say({
      ...requestOf('R', ['EmailSubmission/set', { accountId: jmap.accountId, create }, 's']),
      using: ['urn:ietf:params:jmap:submission'],
    })
    client.say({ '@type': 'WebSocketPushEnable', dataTypes: null })
    await hasCome.promise
  }
  await expect.poll(() => jmap.openConnections(), patient).toBe(0)
  mayGoOn.resolve()
  for (let at = 0; at < 5; at++) await jmap.call('Mailbox/get')
  expect(jmap.submitted).toHaveLength(1)
  expect(jmap.subscriptions.size).toBe(0)
}, 60_000)
