import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

const stranger = { authorization: '' }

function from(origin: string): { headers: Record<string, string> } {
  return { headers: { origin } }
}

function throughProxy(host: string, forwardedHost: string): ReturnType<JmapFixture['ask']> {
  return jmap.ask({
    path: '/.well-known/jmap',
    localAddress: '127.0.0.9',
    headers: {
      host,
      'x-forwarded-for': '203.0.113.5',
      'x-forwarded-host': forwardedHost,
      'x-forwarded-proto': 'https',
    },
  })
}

/** Sends bytes as they are and reads until the server ends the connection. */
function raw(head: string, localAddress = '127.0.0.1'): Promise<string> {
  const socket = connect({ port: jmap.ports.plain, host: '127.0.0.1', localAddress })
  socket.write(head.replaceAll('\n', '\r\n'))
  return text(socket)
}

describe('a path that is not here', () => {
  it.each([
    ['broken JSON', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }],
    ['a form', { method: 'POST', body: 'a=b', headers: { 'content-type': 'text/x' } }],
    ['no type', { method: 'POST', body: 'x' }],
    ...['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'TRACE', 'HEAD', 'REPORT'].map(
      (method) => [method, { method }] as const,
    ),
  ] as const)('a scanner that sends %s is seen', async (_what, ask) => {
    const headers = { ...stranger, ...('headers' in ask ? ask.headers : {}) }
    const { status } = await jmap.ask({ ...ask, path: '/xmlrpc.php', headers })
    expect(status).toBe(404)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([
      { event: { kind: 'path_scan', detail: '/xmlrpc.php' } },
    ])
  })

  it.each([
    ['with half an escape', '/%zz'],
    ['that is no UTF-8', '/%c0%af../etc/passwd'],
    ['that never ends', `/${'x/'.repeat(2000)}`],
  ])('a scanner whose URL is one %s is seen', async (_what, path) => {
    expect((await jmap.ask({ path, headers: stranger })).status).toBe(404)
    expect(jmap.security.of('jmapAbuse')).toMatchObject([{ event: { kind: 'path_scan' } }])
  })

  it.each([{ host: 'attacker.example' }, { origin: 'https://evil.example' }])(
    'is a scan whatever else is wrong with it: %o',
    async (more) => {
      const headers = { ...stranger, ...more } as Record<string, string>
      expect((await jmap.ask({ path: '/.env', headers })).status).toBe(404)
      expect(jmap.security.of('jmapAbuse')).toMatchObject([{ event: { kind: 'path_scan' } }])
    },
  )

  it('is told before its body is there, and the connection ends', async () => {
    const answer = await raw(
      'POST /upload.cgi HTTP/1.1\nHost: mail.example.test\nContent-Length: 1000000000\n\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
    expect(answer).toMatch(/\r\nconnection: close\r\n/i)
  })

  it('whoever looks for an open proxy is seen', async () => {
    expect(await raw('CONNECT example.com:443 HTTP/1.1\nHost: example.com:443\n\n')).toMatch(
      /^HTTP\/1\.1 405 /,
    )
    expect(jmap.security.of('jmapAbuse')).toMatchObject([
      { event: { kind: 'path_scan', detail: 'CONNECT example.com:443' } },
    ])
    await raw('GET http://example.com/ HTTP/1.1\nHost: example.com\nConnection: close\n\n')
    expect(jmap.security.of('jmapAbuse')).toMatchObject([
      {},
      { event: { kind: 'path_scan', detail: 'http://example.com/' } },
    ])
    const own = 'GET http://mail.example.test/ HTTP/1.1\nHost: x\nConnection: close\n\n'
    expect(await raw(own)).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('what mail programs ask for on their own is no scan', () => {
  it.each([
    ['GET', '/.well-known/caldav'],
    ['PROPFIND', '/.well-known/carddav'],
    ['GET', '/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=a%40example.test'],
    ['GET', '/.well-known/mta-sts.txt'],
    ['GET', '/.well-known/security.txt'],
    ['GET', '/.well-known/acme-challenge/x'],
    ['GET', '/mail/config-v1.1.xml?emailaddress=a%40example.test'],
    ['POST', '/autodiscover/autodiscover.xml'],
    ['POST', '/Autodiscover/Autodiscover.xml'],
    ['GET', '/autodiscover/autodiscover.json?Email=a'],
    ['GET', '/autodiscover.xml'],
    ['OPTIONS', '/Microsoft-Server-ActiveSync'],
    ['PROPFIND', '/'],
    ['OPTIONS', '/'],
    ['PROPFIND', '/principals/'],
    ['PROPFIND', '/principals/users/a'],
    ['PROPFIND', '/dav/'],
    ['PROPFIND', '/calendar/dav/a/user/'],
    ['GET', '/favicon.ico'],
    ['GET', '/robots.txt'],
    ['GET', '/apple-touch-icon-120x120.png'],
  ])('%s %s', async (method, path) => {
    const { status } = await jmap.ask({ method, path, headers: stranger })
    expect([404, 405]).toContain(status)
    expect(jmap.security.of('jmapAbuse')).toEqual([])
  })

  it('a path that is here with another method is told which it takes', async () => {
    const got = await jmap.ask({ path: '/jmap/api' })
    expect(got.status).toBe(405)
    expect(got.headers['allow']).toBe('POST')
    const posted = await jmap.ask({ method: 'POST', path: '/jmap/session', body: '{' })
    expect(posted.status).toBe(405)
    expect(jmap.security.of('jmapAbuse')).toEqual([])
  })
})

describe('the host of a request', () => {
  const get = 'GET /.well-known/jmap HTTP/1.1'
  it.each(['mail.example.test.', 'a_b.example.test', 'localhost.:8080'])(
    'the host %s is one everywhere or nowhere',
    async (host) => {
      for (const path of ['/', '/.well-known/jmap'])
        expect((await jmap.ask({ path, headers: { host } })).status, path).toBe(200)
      const session = await jmap.ask({ path: '/jmap/session', headers: { host } })
      const { apiUrl } = JSON.parse(session.text) as { apiUrl: string }
      expect(apiUrl).toBe(`http://${host}/jmap/api`)
    },
  )

  it('a name that was made to lead here (DNS rebinding) gets 421, and no login is tried', async () => {
    const headers = { host: 'attacker.example', authorization: 'Basic bWU6d3Jvbmc=' }
    const { status } = await jmap.ask({ path: '/.well-known/jmap', headers })
    expect(status).toBe(421)
    expect(jmap.security.of('authFailed')).toEqual([])
    for (const path of ['/', '/jmap/ws/', '/jmap/eventsource/'])
      expect((await jmap.ask({ path, headers })).status, path).toBe(421)
  })

  it.each([
    ['two', `${get}\nHost: mail.example.test\nHost: attacker.example\n\n`],
    ['the same twice', `${get}\nHost: mail.example.test\nhost: mail.example.test\n\n`],
    ['none', `${get}\nConnection: close\n\n`],
    ['an empty one', `${get}\nHost:\nConnection: close\n\n`],
  ])('%s: 400', async (_what, head) => {
    expect(await raw(head.replace('\n\n', '\nConnection: close\n\n'))).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('behind a trusted proxy it is the one that the proxy tells', async () => {
    expect((await throughProxy('upstream', 'mail.example.test')).status).toBe(200)
    expect((await throughProxy('127.0.0.1', 'attacker.example')).status).toBe(421)
  })
})

describe('the page behind a request', () => {
  const echo = { using: ['urn:ietf:params:jmap:core'], methodCalls: [['Core/echo', {}, 'a']] }

  it.each(['GET', 'POST', 'PUT', 'OPTIONS', 'HEAD'])(
    'somebody else’s gets 403 for %s, whatever password its browser sends',
    async (method) => {
      for (const path of ['/jmap/session', '/jmap/api', `/jmap/upload/${jmap.accountId}/`]) {
        const headers = { origin: 'https://evil.example' }
        expect((await jmap.ask({ method, path, headers })).status).toBe(403)
      }
      expect(jmap.security.of('authSucceeded')).toEqual([])
    },
  )

  it('our own, and one of the configuration, may ask', async () => {
    const own = await jmap.api(echo, from(`http://127.0.0.1:${jmap.ports.plain}`))
    expect(own.status).toBe(200)
    expect(own.headers['access-control-allow-origin']).toBeUndefined()
    const other = await jmap.api(echo, from('https://webmail.example.com'))
    expect(other.status).toBe(200)
    expect(other.headers).toMatchObject({
      'access-control-allow-origin': 'https://webmail.example.com',
      vary: 'Origin',
    })
    expect(other.headers['access-control-allow-credentials']).toBeUndefined()
  })

  it('the question before it is answered for those of the configuration alone', async () => {
    const preflight = (origin: string): ReturnType<JmapFixture['ask']> =>
      jmap.ask({
        method: 'OPTIONS',
        path: '/jmap/api',
        headers: { ...stranger, origin, 'access-control-request-method': 'POST' },
      })
    expect((await preflight('https://webmail.example.com')).status).toBe(204)
    expect((await preflight('https://evil.example')).status).toBe(403)
    expect(jmap.security.of('authFailed')).toEqual([])
  })
})
