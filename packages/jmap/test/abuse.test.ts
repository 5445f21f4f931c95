import { Agent } from 'node:http'
import { connect } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture, type Answer } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open({ maxSizeRequest: 2000 })
})
afterEach(() => jmap[Symbol.asyncDispose]())

const stranger = { authorization: '' }

describe('what an attacker does over HTTP', () => {
  it.each(['/.env', '/wp-login.php?x=1', '/jmap/nothing'])('a look at %s is seen', async (path) => {
    await jmap.ask({ path, headers: stranger, localAddress: '127.0.0.5' })
    expect(jmap.security.of('jmapAbuse')).toMatchObject([
      {
        context: { protocol: 'jmap', ip: '127.0.0.5' },
        event: { kind: 'path_scan', detail: path.split('?')[0] },
      },
    ])
  })

  it.each(['/favicon.ico', '/.well-known/caldav', '/robots.txt'])(
    'a look at %s is what honest clients do',
    async (path) => {
      const { status } = await jmap.ask({ path, headers: stranger })
      expect(status).toBe(404)
      expect(jmap.security.of('jmapAbuse')).toEqual([])
    },
  )

  it('a client behind a trusted proxy is seen with its own address', async () => {
    const headers = { ...stranger, 'x-forwarded-for': '2001:db8::5' }
    await jmap.ask({ path: '/.git/config', headers, localAddress: '127.0.0.9' })
    expect(jmap.security.of('jmapAbuse')).toMatchObject([{ context: { ip: '2001:db8::5' } }])
  })

  it.each([
    ['no JSON', '{', 'malformed', 'notJSON'],
    ['a name twice', '{"using":[],"methodCalls":[],"using":[]}', 'malformed', 'notJSON'],
    ['no request', '[]', 'malformed', 'notRequest'],
    ['too much', `"${'x'.repeat(3000)}"`, 'limit', 'maxSizeRequest'],
  ])('%s is seen', async (_name, body, kind, detail) => {
    expect((await jmap.api(body)).status).toBe(400)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([{ event: { kind, detail } }])
  })

  it('a token that nobody gave out is a failed login', async () => {
    const headers = { authorization: 'Bearer abc' }
    const answer = await jmap.ask({ path: '/jmap/session', headers })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(
      'Basic realm="Gatepost", charset="UTF-8", Bearer realm="Gatepost", error="invalid_token"',
    )
    expect(jmap.security.of('authFailed')).toMatchObject([
      { event: { mechanism: 'BEARER', user: '', reason: 'unknown_user' } },
    ])
  })

  it.each(['Bearer', 'Bearer a b', 'Digest username="me"'])(
    'no login at all is one: %s',
    async (authorization) => {
      const answer = await jmap.ask({ path: '/jmap/session', headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(jmap.security.of('authFailed')).toMatchObject([{ event: { reason: 'malformed' } }])
    },
  )

  it('bytes that are no HTTP are seen', async () => {
    const socket = connect(jmap.ports.plain, '127.0.0.1')
    socket.write('EHLO client.example\r\n\r\n')
    const { event } = await jmap.security.first('jmapAbuse')
    expect(event).toMatchObject({ kind: 'malformed', detail: expect.stringMatching(/^HPE_/) })
    socket.destroy()
  })
})

it('what an account sends is counted', async () => {
  const created = await jmap.call('Email/set', {
    create: {
      draft: {
        mailboxIds: { [jmap.boxes['drafts'] ?? '']: true },
        from: [{ email: 'me@example.test' }],
        to: [{ email: 'a@example.net' }, { email: 'b@example.net' }],
      },
    },
  })
  const emailId = (created['created'] as Record<string, { id: string }>)['draft']?.id
  const { list } = await jmap.call('Identity/get')
  const [identity] = list as readonly { id: string }[]
  await jmap.call('EmailSubmission/set', { create: { s: { emailId, identityId: identity?.id } } })
  expect(jmap.sent).toMatchObject([
    { context: { protocol: 'jmap' }, name: 'me@example.test', recipients: 2 },
  ])
})

it('a loop of requests is told of at the limit, and refused beyond three times', async () => {
  jmap.countsRequests = true
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (client: string): Promise<Answer> => {
    const told = { 'x-forwarded-for': client, 'x-forwarded-proto': 'https' }
    const headers = { ...stranger, ...told }
    return jmap.ask({ path: '/', headers, localAddress: '127.0.0.9', agent })
  }
  let refused = 0
  for (let count = 0; count < 1810; count += 1)
    if ((await ask('192.0.2.99')).status === 429) refused += 1
  expect((await ask('192.0.2.98')).status).toBe(200)
  agent.destroy()
  expect(refused).toBe(10)
  expect(jmap.security.of('connectionBurst')).toMatchObject([
    { context: { ip: '192.0.2.99' }, event: { kind: 'requests', count: 600 } },
    { event: { count: 1200 } },
    { event: { count: 1800 } },
  ])
})
