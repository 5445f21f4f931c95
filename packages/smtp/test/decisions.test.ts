import { beginData } from '@gatepost/testkit'
import { afterEach, describe, expect, it } from 'vitest'

import { password, plainToken, SmtpFixture } from './smtp-fixture.ts'

const client = { localAddress: '127.0.0.2' }
const login = `AUTH PLAIN ${plainToken('me@example.test', password)}`
let smtp: SmtpFixture
afterEach(() => smtp[Symbol.asyncDispose]())

describe('a ban at EHLO', () => {
  it.each(['EHLO client.example', 'HELO client.example'])(
    'greets, and refuses %s',
    async (hello) => {
      smtp = await SmtpFixture.open({}, { ban: 'refuse_at_hello' })
      const decision = smtp.filter.ban('127.0.0.2')
      const mx = smtp.client('mx', client)
      expect(await mx.reply()).toMatch(/^220 /)
      expect(await mx.ask(hello)).toBe('554 5.7.1 Refused: your address is blocked')
      await mx.closed()
      expect(smtp.security.of('blocked')).toMatchObject([
        { event: { decision: { id: decision.id } } },
      ])
    },
  )

  it('leaves nothing to whoever says neither', async () => {
    smtp = await SmtpFixture.open({}, { ban: 'refuse_at_hello' })
    smtp.filter.ban('127.0.0.2')
    const mx = smtp.client('mx', client)
    await mx.reply()
    expect(await mx.ask('MAIL FROM:<a@example.org>')).toMatch(/^503 /)
    expect(await mx.ask(login)).toMatch(/^50\d /)
  })
})

describe('a captcha', () => {
  it('greylists other servers, and says so once', async () => {
    smtp = await SmtpFixture.open()
    const decision = smtp.filter.decide('captcha', '127.0.0.2')
    const mx = await smtp.session('mx', client)
    expect(await mx.ask('MAIL FROM:<a@example.org>')).toBe('451 4.7.1 Greylisted, try again later')
    expect(await mx.ask('MAIL FROM:<a@example.org>')).toMatch(/^451 /)
    expect(smtp.filter.applied).toMatchObject([{ protocol: 'smtp', action: 'greylisted' }])
    smtp.filter.lift(decision)
    expect(await mx.ask('MAIL FROM:<a@example.org>')).toMatch(/^250 /)
  })

  it('is solved by logging in', async () => {
    smtp = await SmtpFixture.open()
    smtp.filter.decide('captcha', '127.0.0.2')
    const user = await smtp.session('submissions', client)
    expect(await user.ask('MAIL FROM:<me@example.test>')).toMatch(/^451 /)
    expect(await user.ask(login)).toMatch(/^235 /)
    expect(await user.ask('MAIL FROM:<me@example.test>')).toMatch(/^250 /)
  })
})

describe('a decision on an account', () => {
  it('refuses its logins for now, right and wrong ones alike, and no failure is counted', async () => {
    smtp = await SmtpFixture.open()
    const decision = smtp.filter.decide('ban', 'me@example.test', 'username')
    const user = await smtp.session('submissions')
    const wrong = `AUTH PLAIN ${plainToken('ME@example.test', 'wrong')}`
    for (const attempt of [login, wrong, wrong, wrong, wrong])
      expect(await user.ask(attempt)).toMatch(/^454 4\.7\.0 /)
    expect(smtp.security.of('authFailed')).toEqual([])
    expect(smtp.security.of('blocked')).toMatchObject([
      { event: { decision: { id: decision.id } } },
    ])
    smtp.filter.lift(decision)
    expect(await user.ask(login)).toMatch(/^235 /)
  })

  it('throttles its logins, and lets them in', async () => {
    smtp = await SmtpFixture.open()
    smtp.filter.decide('throttle', 'me@example.test', 'username')
    const user = await smtp.session('submissions')
    expect(await user.ask(login)).toMatch(/^235 /)
    expect(smtp.filter.applied).toMatchObject([{ action: 'throttled' }])
  })

  it('holds what it sends, from the login on and in open sessions', async () => {
    smtp = await SmtpFixture.open()
    const user = await smtp.user()
    const decision = smtp.filter.decide('hold', 'me@example.test', 'username')
    const later = await smtp.user()
    for (const session of [user, later]) {
      await beginData(session, 'me@example.test', 'you@example.org')
      expect(await session.ask('From: me@example.test\r\n\r\nhello\r\n.')).toMatch(/^250 /)
    }
    expect(smtp.submitted.map(({ notBefore }) => notBefore)).toEqual([
      decision.until,
      decision.until,
    ])
    expect(smtp.filter.applied).toMatchObject([{ action: 'held' }, { action: 'held' }])
  })

  it('a ban ends its open sessions', async () => {
    smtp = await SmtpFixture.open()
    const user = await smtp.user()
    smtp.filter.decide('ban', 'me@example.test', 'username')
    expect(await user.reply()).toMatch(/^421 4\.7\.0 /)
    await user.closed()
  })
})

it('notes failed logins and, over TLS, good ones', async () => {
  smtp = await SmtpFixture.open()
  const user = await smtp.session('submissions', client)
  await user.ask(`AUTH PLAIN ${plainToken('me@example.test', 'wrong')}`)
  await user.ask(login)
  expect(smtp.filter.failures).toEqual(['127.0.0.2'])
  expect(smtp.filter.logins).toEqual(['me@example.test 127.0.0.2'])
})
