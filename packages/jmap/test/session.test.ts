import { newAppPassword } from '@gatepost/auth'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

describe('the session resource', () => {
  it('tells who is logged in, what is spoken and where', async () => {
    const answer = await jmap.ask({
      path: '/.well-known/jmap',
      isTls: true,
      headers: { host: 'Mail.Example.test:8443' },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toContain('no-store')
    expect(JSON.parse(answer.text)).toMatchObject({
      username: 'me@example.test',
      accounts: {
        [jmap.accountId]: { name: 'me@example.test', isPersonal: true, isReadOnly: false },
      },
      primaryAccounts: { 'urn:ietf:params:jmap:mail': jmap.accountId },
      apiUrl: 'https://mail.example.test:8443/jmap/api',
      capabilities: {
        'urn:ietf:params:jmap:core': { maxSizeUpload: 1_000_000 },
        'urn:ietf:params:jmap:mail': {},
      },
      uploadUrl: 'https://mail.example.test:8443/jmap/upload/{accountId}/',
    })
  })

  it('is told to who brings an app password as a token', async () => {
    const { text, hash } = await newAppPassword({ scram: false })
    const protocols = new Set(['http'] as const)
    await jmap.store.directory.addAppPassword('me@example.test', { name: 'web', hash, protocols })
    const headers = { authorization: `Bearer ${text}` }
    const answer = await jmap.ask({ path: '/.well-known/jmap', headers })
    expect(JSON.parse(answer.text)).toMatchObject({ username: 'me@example.test' })
    expect(jmap.security.of('authSucceeded')).toMatchObject([
      { event: { user: 'me@example.test', mechanism: 'BEARER' } },
    ])
  })

  it('refuses a Host that is none', async () => {
    for (const host of ['a b', 'evil/path', 'x@y', 'a'.repeat(300), '[::1', 'a:b']) {
      const answer = await jmap.ask({ path: '/.well-known/jmap', headers: { host } })
      expect(answer.status, host).toBe(400)
    }
  })
})

describe('the API', () => {
  it('echoes', async () => {
    const answer = await jmap.api({
      using: ['urn:ietf:params:jmap:core'],
      methodCalls: [['Core/echo', { hello: true, high: 5 }, 'b3ff']],
    })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({
      methodResponses: [['Core/echo', { hello: true, high: 5 }, 'b3ff']],
      sessionState: expect.any(String),
    })
  })

  it('lists mailboxes', async () => {
    const { list, notFound } = await jmap.call('Mailbox/get', {
      ids: null,
      properties: ['name', 'role'],
    })
    expect(notFound).toEqual([])
    expect(list).toContainEqual({
      id: jmap.boxes['inbox'],
      name: expect.any(String),
      role: 'inbox',
    })
  })
})
