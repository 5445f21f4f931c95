import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { basic, JmapFixture } from './jmap-fixture.ts'
import { requestOf, SocketClient, socketUrl, type Heard } from './socket-client.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

const echo: [string, object, string] = ['Core/echo', { hello: true, high: 5 }, 'b3ff']
const mail = 'From: a@example.org\nSubject: news\n\nhello\n'

describe('the session resource', () => {
  it.each([
    ['over TLS', { host: 'mail.example.test' }, true, 'wss://mail.example.test/jmap/ws/'],
    ['without', { host: 'mail.example.test:8080' }, false, 'ws://mail.example.test:8080/jmap/ws/'],
  ])('tells where WebSockets are, %s', async (_name, headers, isTls, url) => {
    const answer = await jmap.ask({ path: '/jmap/session', headers, isTls })
    const session = JSON.parse(answer.text) as Record<string, Record<string, unknown>>
    expect(session['capabilities']).toMatchObject({
      'urn:ietf:params:jmap:websocket': { url, supportsPush: true },
    })
    expect(session['primaryAccounts']).not.toHaveProperty('urn:ietf:params:jmap:websocket')
  })

  it('tells what the client sees where a proxy ends TLS', async () => {
    const answer = await jmap.ask({
      path: '/jmap/session',
      headers: {
        'x-forwarded-for': '192.0.2.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'mail.example.test',
      },
      localAddress: '127.0.0.9',
    })
    expect(answer.text).toContain('"wss://mail.example.test/jmap/ws/"')
  })
})

describe('JMAP over a WebSocket', () => {
  it('is spoken with the client that Node has', async () => {
    // oxlint-disable-next-line no-restricted-globals -- the rule is for the server: a client of another make
    const socket = new WebSocket(socketUrl(jmap), {
      protocols: ['jmap'],
      headers: { authorization: basic },
    })
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    expect(socket.protocol).toBe('jmap')
    const answer = new Promise<string>((resolve) =>
      socket.addEventListener('message', (event) => resolve(event.data as string)),
    )
    socket.send(JSON.stringify(requestOf('R1', echo)))
    expect(JSON.parse(await answer)).toEqual({
      '@type': 'Response',
      requestId: 'R1',
      methodResponses: [echo],
      sessionState: expect.any(String),
    })
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
    socket.close(1000)
    expect(await closed).toMatchObject({ code: 1000, wasClean: true })
    expect(jmap.security.of('authSucceeded')).toMatchObject([{ context: { protocol: 'jmap' } }])
  })

  it('is spoken over TLS, without compression, whatever else is offered', async () => {
    using client = await SocketClient.open(jmap, {
      isTls: true,
      perMessageDeflate: true,
      protocols: ['chat', 'jmap'],
    })
    expect(client).toMatchObject({ protocol: 'jmap', extensions: '' })
    expect(await client.ask('1', echo)).toMatchObject({ '@type': 'Response', requestId: '1' })
  })

  it('resolves references between the calls of a request', async () => {
    using client = await SocketClient.open(jmap)
    const id = await jmap.add(mail)
    const { accountId } = jmap
    const answer = await client.ask(
      'R',
      ['Email/query', { accountId }, 'q'],
      [
        'Email/get',
        {
          accountId,
          properties: ['subject'],
          '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
        },
        'g',
      ],
    )
    expect(answer).toMatchObject({
      methodResponses: [
        ['Email/query', { ids: [id] }, 'q'],
        ['Email/get', { list: [{ id, subject: 'news' }] }, 'g'],
      ],
    })
  })

  it('answers in order what comes without waiting', async () => {
    using client = await SocketClient.open(jmap)
    const ids = Array.from({ length: 40 }, (_, index) => `R${index}`)
    for (const id of ids) client.say(requestOf(id, echo))
    const answers: unknown[] = []
    for (const _ of ids) answers.push((await client.hear()).requestId)
    expect(answers).toEqual(ids)
  })

  it('needs no id, and may name its own capability', async () => {
    using client = await SocketClient.open(jmap)
    const { id: _id, ...request } = requestOf('', echo)
    client.say({
      ...request,
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:websocket'],
    })
    const answer = await client.hear()
    expect(answer['@type']).toBe('Response')
    expect(answer).not.toHaveProperty('requestId')
  })

  it.each([
    ['no JSON', 'The quick brown fox', null, 'notJSON'],
    ['an array', '[]', null, 'notRequest'],
    ['no type', { id: 'x' }, 'x', 'notRequest'],
    ['a type of the server', { '@type': 'Response', id: 'x' }, 'x', 'notRequest'],
    ['an id that is none', { ...requestOf('x'), id: 5 }, null, 'notRequest'],
    ['no calls', { '@type': 'Request', id: 'x', using: [] }, 'x', 'notRequest'],
    ['nothing known', { ...requestOf('x'), using: ['urn:x'] }, 'x', 'unknownCapability'],
    ['too deep', `${'['.repeat(40)}${']'.repeat(40)}`, null, 'notRequest'],
    ['bad types', { '@type': 'WebSocketPushEnable', dataTypes: 'Email' }, null, 'notRequest'],
    ['too many calls', requestOf('x', ...Array.from({ length: 33 }, () => echo)), 'x', 'limit'],
  ])('%s is an error, and the socket stays', async (_name, message, requestId, kind) => {
    using client = await SocketClient.open(jmap)
    client.say(message)
    expect(await client.hear()).toMatchObject({
      '@type': 'RequestError',
      requestId,
      type: `urn:ietf:params:jmap:error:${kind}`,
      status: 400,
    })
    expect(await client.ask('next', echo)).toMatchObject({ requestId: 'next' })
  })

  it('refuses more requests at once than may run and wait', async () => {
    await using small = await JmapFixture.open({ maxConcurrentRequests: 0, maxWaitingRequests: 0 })
    using client = await SocketClient.open(small)
    expect(await client.ask('x', echo)).toMatchObject({
      '@type': 'RequestError',
      requestId: 'x',
      type: 'urn:ietf:params:jmap:error:limit',
      limit: 'maxConcurrentRequests',
    })
  })
})

const enable = (more: object = {}): object => ({
  '@type': 'WebSocketPushEnable',
  dataTypes: null,
  ...more,
})
const changed = (...types: readonly string[]): object => ({
  '@type': 'StateChange',
  pushState: expect.any(String),
  changed: {
    [jmap.accountId]: Object.fromEntries(types.map((type) => [type, expect.any(String)])),
  },
})
const all = ['Mailbox', 'Email', 'Thread', 'EmailDelivery']

describe('push over a WebSocket', () => {
  it('tells of changes once it is enabled, and not before', async () => {
    using client = await SocketClient.open(jmap)
    await jmap.add(mail)
    expect(await client.ask('R1', echo)).toMatchObject({ requestId: 'R1' })
    client.say(enable())
    expect(await client.ask('R2', echo)).toMatchObject({ requestId: 'R2' })
    await jmap.add(mail)
    expect(await client.hear()).toEqual(changed(...all))
  })

  it('tells of the types that are asked for', async () => {
    using client = await SocketClient.open(jmap)
    client.say(enable({ dataTypes: ['Email', 'Calendar'] }))
    await client.ask('R', echo)
    await jmap.add(mail)
    expect(await client.hear()).toEqual(changed('Email'))
  })

  it('tells of identities: of their settings, and of an address that was added or is gone', async () => {
    using client = await SocketClient.open(jmap)
    client.say(enable({ dataTypes: ['Identity'] }))
    await client.ask('R', echo)
    const stateIn = (news: Heard): unknown =>
      (news['changed'] as Record<string, { readonly Identity: string }>)[jmap.accountId]?.Identity
    const changes = [
      async () => {
        const { list } = await jmap.call('Identity/get', { ids: null })
        const { id } = (list as readonly { readonly id: string }[])[0] ?? { id: '' }
        await jmap.call('Identity/set', { update: { [id]: { name: 'Me' } } })
      },
      () => jmap.store.directory.addAlias({ address: 'b@example.test', target: 'me@example.test' }),
      () => jmap.store.directory.deleteAlias('b@example.test'),
    ]
    for (const change of changes) {
      await change()
      const news = await client.hear()
      expect(news).toEqual(changed('Identity'))
      const { state } = await jmap.call('Identity/get', { ids: [] })
      expect(stateIn(news)).toBe(state)
    }
  })

  it('tells at once what was missed since the push state', async () => {
    using first = await SocketClient.open(jmap)
    first.say(enable())
    await first.ask('R', echo)
    await jmap.add(mail)
    const { pushState } = await first.hear()
    using second = await SocketClient.open(jmap)
    second.say(enable({ pushState }))
    expect(await second.ask('nothing new', echo)).toMatchObject({ requestId: 'nothing new' })
    await jmap.add(mail)
    await second.hear()
    using third = await SocketClient.open(jmap)
    third.say(enable({ pushState, dataTypes: ['Email'] }))
    expect(await third.hear()).toEqual(changed('Email'))
  })

  it.each(['aaa', '999999999999', ''])(
    '%j as push state means that all is new',
    async (pushState) => {
      using client = await SocketClient.open(jmap)
      client.say(enable({ pushState }))
      expect(await client.hear()).toEqual(changed(...all, 'Identity'))
    },
  )

  it('ends when it is disabled', async () => {
    using client = await SocketClient.open(jmap)
    client.say(enable())
    client.say({ '@type': 'WebSocketPushDisable' })
    await client.ask('R', echo)
    using other = await SocketClient.open(jmap)
    other.say(enable())
    await other.ask('R', echo)
    await jmap.add(mail)
    await other.hear()
    expect(await client.ask('nothing told', echo)).toMatchObject({ requestId: 'nothing told' })
  })
})
