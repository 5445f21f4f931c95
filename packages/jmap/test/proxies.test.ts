import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

const proxy = '127.0.0.9'
const session = '/.well-known/jmap'
let jmap: JmapFixture

beforeAll(async () => {
  jmap = await JmapFixture.open()
})
afterAll(() => jmap[Symbol.asyncDispose]())

function wrong(count: number): Record<string, string> {
  return { authorization: `Basic ${btoa(`bob@example.test:wrong${count}`)}` }
}
const told = { 'x-forwarded-for': '192.0.2.66', 'x-forwarded-proto': 'https' }

describe('choosing one’s own address behind a proxy that adds X-Forwarded-For', () => {
  it('a client’s own Forwarded brings no stranger a failure', async () => {
    for (let count = 0; count < 4; count += 1) {
      const headers = { ...wrong(count), ...told, forwarded: 'for=198.51.100.23' }
      const { status } = await jmap.ask({ path: session, headers, localAddress: proxy })
      expect(status).toBe(401)
    }
    const failures = jmap.security.of('authFailed').map(({ context }) => context.ip)
    expect(failures).toEqual(Array.from({ length: 4 }, () => '192.0.2.66'))
  })

  it('a banned client cannot leave its ban with a header of its own', async () => {
    const decision = jmap.filter.ban('192.0.2.66')
    for (const forwarded of ['for=198.51.100.1', 'for=127.0.0.1', 'for="[::1]"']) {
      const headers = { ...told, forwarded, 'x-real-ip': '198.51.100.1' }
      const { status } = await jmap.ask({ path: session, headers, localAddress: proxy })
      expect(status).toBe(403)
    }
    jmap.filter.lift(decision)
  })

  it.each([
    { forwarded: 'for=127.0.0.1;proto=https', 'x-forwarded-for': '192.0.2.66' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
    {},
  ])('plain HTTP is not private because of a claim: %j takes no password', async (headers) => {
    const before = jmap.security.of('authSucceeded').length
    const { status } = await jmap.ask({ path: session, headers, localAddress: proxy })
    expect(status).toBe(403)
    expect(jmap.security.of('authSucceeded')).toHaveLength(before)
  })
})

describe('a proxy that is not trusted', () => {
  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-forwarded-proto'])(
    'and sends %s on this machine brings no password in, and is told of',
    async (name) => {
      const failures = jmap.security.of('authFailed').length
      const answer = await jmap.ask({ path: session, headers: { [name]: 'for=192.0.2.9' } })
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('proxy.trusted')
      expect(jmap.unlisted).toContain('127.0.0.1')
      // Nobody knows whose guess it would have been.
      expect(jmap.security.of('authFailed')).toHaveLength(failures)
    },
  )

  it('is not the one who is told of when somebody behind it scans', async () => {
    const before = jmap.security.of('jmapAbuse').length
    const headers = { authorization: '', 'x-forwarded-for': '192.0.2.9' }
    expect((await jmap.ask({ path: '/wp-login.php', headers })).status).toBe(404)
    expect(jmap.security.of('jmapAbuse')).toHaveLength(before)
    expect((await jmap.ask({ path: '/wp-login.php', headers: { authorization: '' } })).status).toBe(
      404,
    )
    expect(jmap.security.of('jmapAbuse')).toHaveLength(before + 1)
  })

  it('over TLS either', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.9' }
    expect((await jmap.ask({ path: session, headers, isTls: true })).status).toBe(403)
    expect((await jmap.ask({ path: session, isTls: true })).status).toBe(200)
  })
})
