import { MailError, type MailStore } from '@gatepost/core'
import { expect, it, vi } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'
import { SocketClient } from './socket-client.ts'

/** A search that goes on until it is told to end. */
class EndlessSearch {
  readonly begun: Promise<void>
  readonly ended: Promise<string>

  constructor(store: MailStore) {
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<string>()
    this.begun = begun.promise
    this.ended = ended.promise
    vi.spyOn(store, 'search').mockImplementation((_account, _query, options) => {
      begun.resolve()
      return new Promise((_resolve, reject) => {
        options?.signal?.addEventListener('abort', () => {
          ended.resolve('ended')
          reject(new MailError('busy', 'search.abandoned', 'abandoned'))
        })
      })
    })
  }
}

const query: [string, object] = ['Email/query', { filter: { text: 'anything' } }]

it('a search ends when the client of its HTTP request is gone', async () => {
  await using jmap = await JmapFixture.open()
  const search = new EndlessSearch(jmap.store.mail)
  const leaving = new AbortController()
  const body = {
    using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
    methodCalls: [[query[0], { accountId: jmap.accountId, ...query[1] }, 'q']],
  }
  const answer = jmap.api(body, { signal: leaving.signal }).catch(() => 'gone')
  await search.begun
  leaving.abort()
  expect(await answer).toBe('gone')
  await expect(search.ended).resolves.toBe('ended')
})

it('a search ends when its WebSocket is closed', async () => {
  await using jmap = await JmapFixture.open()
  const search = new EndlessSearch(jmap.store.mail)
  const client = await SocketClient.open(jmap)
  const { accountId } = jmap
  const answer = client.ask('R', [query[0], { accountId, ...query[1] }, 'q']).catch(() => 'gone')
  await search.begun
  client[Symbol.dispose]()
  await expect(search.ended).resolves.toBe('ended')
  void answer
})
