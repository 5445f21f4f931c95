import { parseIp, systemClock, type AccountName, type AccountId } from '@gatepost/core'
import { Judge, KnownClients } from '@gatepost/gate'
import {
  accessTo,
  loginRecordOf,
  CollectingSecurityLog,
  MemoryLogins,
  SwitchFilter,
} from '@gatepost/testkit'
import { beforeEach, describe, expect, it } from 'vitest'

import {
  Authenticator,
  hashPassword,
  Logins,
  type LoginClient,
  type LoginOutcome,
} from '../src/index.ts'

const cheap = { memoryKib: 8, passes: 1, lanes: 1 }
const user = 'me@example.test'
const account: AccountName = { id: 'a1' as AccountId, address: user }
let filter: SwitchFilter
let security: CollectingSecurityLog
beforeEach(() => {
  filter = new SwitchFilter()
  security = new CollectingSecurityLog()
})

async function openLogins(slowMs = 20): Promise<Logins> {
  const directory = new MemoryLogins([
    loginRecordOf(account, await hashPassword('right', cheap)),
    ...['twice@a.example', 'twice@b.example'].map((address) =>
      loginRecordOf({ id: address as AccountId, address }, ''),
    ),
  ])
  return new Logins({
    authenticator: new Authenticator({
      directory,
      clock: systemClock,
      cost: cheap,
      maxConcurrent: 1,
    }),
    judge: new Judge(filter),
    known: new KnownClients(systemClock),
    filter,
    security,
    slowMs,
  })
}
function from(ip: string): LoginClient {
  const address = parseIp(ip) ?? expect.unreachable()
  return {
    protocol: 'imap',
    listener: 'imaps',
    address,
    security: { protocol: 'imap', listener: 'imaps', ip, port: 1, session: 'c1', isTls: true },
    refused: () => undefined,
  }
}

describe('110 logins of one address at once', () => {
  it('leave room for everybody else, are told of, and give every place back', async () => {
    const logins = await openLogins()
    const ends: string[] = []
    const attempt = async (ip: string, password: string): Promise<LoginOutcome> => {
      const outcome = await logins.attempt(from(ip), {
        kind: 'password',
        user,
        password,
        mechanism: 'PLAIN',
      })
      ends.push(`${ip} ${outcome.kind}`)
      return outcome
    }
    const flood = Array.from({ length: 110 }, (_, at) => attempt('192.0.2.66', `guess${at}`))
    const honest = await attempt('198.51.100.7', 'right')
    await Promise.all(flood)
    expect(honest.kind).toBe('authenticated')
    // Not behind all of them: either network may be the next.
    const checked = ends.filter((end) => !end.endsWith('busy'))
    expect(checked.indexOf('198.51.100.7 authenticated')).toBeLessThan(17)
    expect(ends.filter((end) => end === '192.0.2.66 busy')).toHaveLength(110 - 17)
    expect(security.of('connectionLimited')[0]).toMatchObject({
      context: { ip: '192.0.2.66' },
      event: { kind: 'logins', open: 16 },
    })
    expect((await attempt('192.0.2.66', 'right')).kind).toBe('authenticated')
  })

  it('of one IPv6 site are one network’s, whatever the addresses', async () => {
    const logins = await openLogins()
    const flood = Array.from({ length: 60 }, (_, at) =>
      logins.attempt(from(`2001:db8::${at + 1}`), {
        kind: 'password' as const,
        user,
        password: `g${at}`,
        mechanism: 'PLAIN',
      }),
    )
    const outcomes = await Promise.all(flood)
    expect(outcomes.filter(({ kind }) => kind === 'busy')).toHaveLength(60 - 17)
  })
})

describe('a throttled account', () => {
  it('is guessed at one at a time: thirty guesses side by side are no faster', async () => {
    const logins = await openLogins()
    filter.decide('throttle', user, 'username')
    let running = 0
    let most = 0
    const attempts = Array.from({ length: 30 }, async (_, at) => {
      const outcome = await logins.attempt(
        {
          ...from(`198.51.${at}.7`),
          refused: () => undefined,
        },
        { kind: 'password' as const, user, password: `guess${at}`, mechanism: 'PLAIN' },
      )
      if (outcome.kind === 'refused') {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
      }
      return outcome
    })
    const outcomes = await Promise.all(attempts)
    expect(outcomes.every(({ kind }) => kind === 'refused')).toBe(true)
    expect(most).toBe(1)
  })

  it('lets one network wait with four guesses, and no more', async () => {
    const logins = await openLogins()
    filter.decide('throttle', user, 'username')
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        logins.attempt(from('192.0.2.66'), {
          kind: 'password' as const,
          user,
          password: `g${at}`,
          mechanism: 'PLAIN',
        }),
      ),
    )
    expect(outcomes.filter(({ kind }) => kind === 'blocked')).toHaveLength(25)
  })

  it('does not make its owner wait for every request: who has just been right goes through', async () => {
    const logins = await openLogins(3_600_000)
    const attempt = { kind: 'password' as const, user, password: 'right', mechanism: 'BASIC' }
    expect((await logins.attempt(from('192.0.2.1'), attempt)).kind).toBe('authenticated')
    filter.decide('throttle', user, 'username')
    for (let request = 0; request < 20; request += 1)
      expect((await logins.attempt(from('192.0.2.1'), attempt)).kind).toBe('authenticated')
  })
})

describe('an office that sets up Thunderbird', () => {
  it('logs in with a local part where one account has it, and the event names the account', async () => {
    const logins = await openLogins()
    const attempt = { kind: 'password' as const, user: 'ME', password: 'right', mechanism: 'PLAIN' }
    expect((await logins.attempt(from('192.0.2.1'), attempt)).kind).toBe('authenticated')
    logins.succeeded(from('192.0.2.1'), { access: accessTo(account), mechanism: 'PLAIN' })
    expect(security.of('authSucceeded')).toMatchObject([{ event: { user } }])
    await logins.attempt(from('192.0.2.1'), { ...attempt, password: 'wrong' })
    expect(security.of('authFailed')).toMatchObject([{ event: { user, reason: 'bad_password' } }])
  })

  it('a decision on the account is one on its short name', async () => {
    const logins = await openLogins()
    filter.decide('ban', user, 'username')
    const attempt = { kind: 'password' as const, user: 'me', password: 'right', mechanism: 'PLAIN' }
    expect((await logins.attempt(from('192.0.2.1'), attempt)).kind).toBe('blocked')
  })

  it.each([
    ['me@mail.example.test', 'incomplete_user'],
    ['me+list@elsewhere.example', 'incomplete_user'],
    ['twice', 'incomplete_user'],
    ['nobody', 'unknown_user'],
    ['nobody@example.test', 'unknown_user'],
    ['@', 'unknown_user'],
    ['', 'unknown_user'],
    ['me@', 'unknown_user'],
  ])('a login as %j is told as %s', async (name, reason) => {
    const logins = await openLogins()
    const attempt = { kind: 'password' as const, user: name, password: 'right', mechanism: 'PLAIN' }
    expect((await logins.attempt(from('192.0.2.1'), attempt)).kind).toBe('refused')
    expect(security.of('authFailed')).toMatchObject([{ event: { user: name, reason } }])
  })
})
