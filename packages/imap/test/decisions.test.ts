import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ImapFixture, password, user } from './imap-fixture.ts'

let imap: ImapFixture
beforeEach(async () => {
  imap = await ImapFixture.open()
})
afterEach(() => imap[Symbol.asyncDispose]())

const login = `LOGIN ${user} "${password}"`

describe('a decision on an account', () => {
  it('refuses its logins for now, right and wrong ones alike, and no failure is counted', async () => {
    const decision = imap.filter.decide('ban', user, 'username')
    const client = await imap.client()
    for (const attempt of [login, `LOGIN ${user} wrong`, login])
      expect((await client.ask(attempt)).status).toBe('NO [UNAVAILABLE] Try again later')
    expect(imap.security.of('authFailed')).toEqual([])
    expect(imap.security.of('blocked')).toHaveLength(1)
    imap.filter.lift(decision)
    expect((await client.ask(login)).status).toMatch(/^OK /)
  })

  it('ends its open sessions, idle ones too, with a BYE', async () => {
    const client = await imap.client()
    await client.ok(login)
    imap.filter.decide('ban', user, 'username')
    expect(await client.response()).toMatch(/^\* BYE /)
  })

  it('throttles its logins, and lets them in', async () => {
    imap.filter.decide('throttle', user, 'username')
    expect((await (await imap.client()).ask(login)).status).toMatch(/^OK /)
    expect(imap.filter.applied).toMatchObject([{ protocol: 'imap', action: 'throttled' }])
  })
})

it('a captcha on the address refuses logins for now', async () => {
  imap.filter.decide('captcha', '127.0.0.2')
  const client = await imap.client('imaps', { localAddress: '127.0.0.2' })
  expect((await client.ask(login)).status).toBe('NO [UNAVAILABLE] Try again later')
  expect(imap.filter.applied).toMatchObject([{ action: 'challenged' }])
  expect((await (await imap.client()).ask(login)).status).toMatch(/^OK /)
})

it('notes failed logins and, over TLS, good ones', async () => {
  const client = await imap.client('imaps', { localAddress: '127.0.0.2' })
  await client.ask(`LOGIN ${user} wrong`)
  await client.ok(login)
  expect(imap.filter.failures).toEqual(['127.0.0.2'])
  expect(imap.filter.logins).toEqual([`${user} 127.0.0.2`])
})
