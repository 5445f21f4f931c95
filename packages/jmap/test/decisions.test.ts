import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture, type Ask } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open({ slowMs: 60_000 })
})
afterEach(() => jmap[Symbol.asyncDispose]())

const path = '/.well-known/jmap'
const me = 'me@example.test'
const proxy = '127.0.0.9'
const from = (address: string): Pick<Ask, 'headers' | 'localAddress'> => ({
  headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' },
  localAddress: proxy,
})

describe('a client behind a proxy', () => {
  it.each([
    ['ban', 403, 'refused'],
    ['captcha', 429, 'challenged'],
  ])('under %s gets %i, and the proxy goes on with others', async (type, status, action) => {
    const decision = jmap.filter.decide(type, '192.0.2.7')
    const answer = await jmap.ask({ path, ...from('192.0.2.7') })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(jmap.filter.applied).toMatchObject([{ protocol: 'jmap', family: 4, action }])
    expect(jmap.security.of('blocked')).toMatchObject([
      { context: { ip: '192.0.2.7' }, event: { decision: { id: decision.id } } },
    ])
    expect((await jmap.ask({ path, ...from('192.0.2.8') })).status).not.toBe(status)
  })

  it('under throttle has one request each so often', async () => {
    jmap.filter.decide('throttle', '2001:db8::7')
    const [first, second] = [
      await jmap.ask({ path, ...from('2001:db8::7') }),
      await jmap.ask({ path, ...from('2001:0DB8:0::7') }),
    ]
    expect(first.status).not.toBe(429)
    expect(second.status).toBe(429)
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(50)
    expect(jmap.filter.applied).toMatchObject([{ family: 6, action: 'throttled' }])
  })
})

describe('a decision on an account', () => {
  it('refuses its logins for now, whatever the password, and no failure is counted', async () => {
    const decision = jmap.filter.decide('ban', me, 'username')
    const answer = await jmap.ask({ path })
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toBe('60')
    expect(jmap.security.of('authFailed')).toEqual([])
    jmap.filter.lift(decision)
    expect((await jmap.ask({ path })).status).toBe(200)
  })

  it('holds what it sends', async () => {
    const decision = jmap.filter.decide('hold', me, 'username')
    const emailId = await jmap.add(`From: ${me}\nTo: you@example.org\nSubject: x\n\nhello\n`)
    const { list } = await jmap.call('Identity/get')
    const { created } = await jmap.call('EmailSubmission/set', {
      create: { s: { emailId, identityId: list[0]?.id } },
    })
    expect(Object.keys(created)).toEqual(['s'])
    expect(jmap.submitted.map(({ notBefore }) => notBefore)).toEqual([decision.until])
    expect(jmap.filter.applied).toMatchObject([{ action: 'held' }])
  })

  it('ends its event sources, behind a proxy too', async () => {
    const url = '/jmap/eventsource/?types=*&closeafter=no&ping=0'
    const direct = await jmap.open({ path: url })
    const proxied = await jmap.open({
      path: url,
      headers: { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' },
      localAddress: proxy,
    })
    expect([direct.statusCode, proxied.statusCode]).toEqual([200, 200])
    const ended = Promise.all(
      [direct, proxied].map(
        (stream) => new Promise((resolve) => stream.resume().once('close', resolve)),
      ),
    )
    jmap.filter.decide('ban', me, 'username')
    await ended
    expect(jmap.security.of('sessionCut')).toHaveLength(2)
  })
})
