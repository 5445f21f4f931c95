import {
  parseIp,
  systemClock,
  type AccountId,
  type CredentialId,
  type LoginProtocol,
  type LoginRecord,
} from '@gatepost/core'
import { Judge, KnownClients } from '@gatepost/gate'
import {
  accessTo,
  CollectingSecurityLog,
  loginRecordOf,
  MemoryLogins,
  ScramClient,
  SwitchFilter,
} from '@gatepost/testkit'
import { beforeEach, describe, expect, it, vi } from 'vitest'

import {
  Authenticator,
  hashPassword,
  logInBySasl,
  Logins,
  newAppPassword,
  type AuthenticatorOptions,
  type LoginClient,
  type LoginOutcome,
  type SaslOutcome,
} from '../src/index.ts'
import { scramSecret } from '../src/scram/scram-keys.ts'

const cost = { memoryKib: 8, passes: 1, lanes: 1 }
const name = 'me@example.test'
const account = { id: 'a1' as AccountId, address: name }
const parameters = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }
const passwordHash = await hashPassword('secret', cost)
const { keys } = await scramSecret('secret', parameters)
const app = await newAppPassword({ scram: parameters })

let filter: SwitchFilter
let security: CollectingSecurityLog
let directory: MemoryLogins
beforeEach(() => {
  filter = new SwitchFilter()
  security = new CollectingSecurityLog()
  directory = new MemoryLogins([recordWith(['imap'])])
})

/** A password with keys, and an app password for these protocols. */
function recordWith(protocols: readonly LoginProtocol[]): LoginRecord {
  const record = loginRecordOf(account, passwordHash)
  const [password] = record.credentials
  if (password === undefined) return expect.unreachable()
  return {
    ...record,
    scram: parameters,
    credentials: [
      { ...password, scram: keys },
      {
        ...password,
        id: 'app' as CredentialId,
        kind: 'app_password',
        name: 'phone',
        hash: app.hash,
        stamp: 'stamp of the app password',
        protocols: new Set(protocols),
        scram: app.scram?.keys,
      },
    ],
  }
}

function openLogins(options: Partial<AuthenticatorOptions> = {}): Logins {
  return new Logins({
    authenticator: new Authenticator({
      directory,
      clock: systemClock,
      cost,
      fingerprint: (secret) => `fingerprint of ${secret}`,
      scramSaltKey: Buffer.from('of this installation'),
      ...options,
    }),
    judge: new Judge(filter),
    known: new KnownClients(systemClock),
    filter,
    security,
    slowMs: 1,
  })
}

function clientOf(protocol: LoginProtocol = 'imap'): LoginClient {
  return {
    protocol,
    listener: protocol,
    address: parseIp('192.0.2.1') ?? expect.unreachable(),
    security: {
      protocol,
      listener: protocol,
      ip: '192.0.2.1',
      port: 1,
      session: 'c1',
      isTls: true,
    },
    refused: () => undefined,
  }
}

const tls = { channelBindings: new Map(), clientCertificate: undefined }

interface Talk {
  readonly outcome: SaslOutcome
  readonly challenges: readonly string[]
}

async function bySasl(
  logins: Logins,
  mechanismName: string,
  respond: (challenge: string, at: number) => string,
  protocol: LoginProtocol = 'imap',
): Promise<Talk> {
  const mechanisms = await logins.mechanisms(tls)
  const mechanism = mechanisms.find((one) => one.name === mechanismName)
  if (mechanism === undefined) return expect.unreachable()
  const challenges: string[] = []
  const outcome = await logInBySasl({
    logins,
    client: clientOf(protocol),
    mechanism,
    initial: undefined,
    tls,
    ask: async (challenge) => {
      const text = Buffer.from(challenge, 'base64').toString()
      challenges.push(text)
      const response = respond(text, challenges.length)
      return response === '*' ? response : Buffer.from(response).toString('base64')
    },
  })
  return { outcome, challenges }
}

function byScram(
  logins: Logins,
  user: string,
  password: string,
  protocol: LoginProtocol = 'imap',
): Promise<Talk> {
  const client = new ScramClient({ user, password })
  return bySasl(
    logins,
    'SCRAM-SHA-256',
    (challenge, at) => (at === 1 ? client.first : at === 2 ? client.final(challenge) : ''),
    protocol,
  )
}

async function kinds(outcomes: readonly Promise<LoginOutcome>[]): Promise<readonly string[]> {
  return (await Promise.all(outcomes)).map(({ kind }) => kind)
}

function reasons(): readonly unknown[] {
  return security
    .of('authFailed')
    .map(({ event }) => ('reason' in event ? event.reason : undefined))
}

describe('an app password', () => {
  it('is a password, in any spelling, where it is for', async () => {
    const logins = openLogins()
    for (const password of [app.text, app.text.replaceAll('-', '').toUpperCase()]) {
      const outcome = await logins.attempt(clientOf(), {
        kind: 'password',
        user: 'me',
        password,
        mechanism: 'PLAIN',
      })
      expect(outcome).toMatchObject({
        kind: 'authenticated',
        stamp: 'stamp of the app password',
        access: { account },
      })
    }
    expect(directory.used).toContain('app')
  })

  it.each(['password', 'token'] as const)(
    'is refused elsewhere as wrong, and told of as one for other protocols: %s',
    async (kind) => {
      const evidence =
        kind === 'password'
          ? ({ kind, user: name, password: app.text, mechanism: 'PLAIN' } as const)
          : ({ kind, user: name, token: app.text, mechanism: 'XOAUTH2' } as const)
      expect(await openLogins().attempt(clientOf('smtp'), evidence)).toEqual({ kind: 'refused' })
      expect(reasons()).toEqual(['wrong_protocol'])
      expect(directory.used).toEqual([])
    },
  )

  it('is a bearer token, and names its user by itself', async () => {
    const logins = openLogins()
    const evidence = { kind: 'token', token: app.text, mechanism: 'BEARER' } as const
    for (const user of ['', 'ME'])
      expect(await logins.attempt(clientOf(), { ...evidence, user })).toMatchObject({
        kind: 'authenticated',
        stamp: 'stamp of the app password',
      })
    expect((await logins.attempt(clientOf(), { ...evidence, user: 'you' })).kind).toBe('refused')
    expect((await logins.attempt(clientOf(), { ...evidence, user: '', token: 'x' })).kind).toBe(
      'refused',
    )
    expect(security.of('authFailed')).toMatchObject([
      { event: { user: 'you', reason: 'unknown_user' } },
      { event: { user: '', reason: 'unknown_user', fingerprint: 'fingerprint of x' } },
    ])
  })

  it('counts for SCRAM as it was shown', async () => {
    const { outcome } = await byScram(openLogins(), name, app.text)
    expect(outcome).toMatchObject({ kind: 'authenticated', stamp: 'stamp of the app password' })
    expect((await byScram(openLogins(), name, app.text, 'smtp')).outcome.kind).toBe('refused')
    expect(reasons()).toEqual(['wrong_protocol'])
  })

  it('waits for nobody: neither for checks of passwords nor for guesses at its account', async () => {
    const logins = openLogins({ maxConcurrent: 1, maxWaitingPerKey: 1 })
    const attempts = (password: string): readonly Promise<LoginOutcome>[] =>
      Array.from({ length: 12 }, () =>
        logins.attempt(clientOf(), { kind: 'password', user: name, password, mechanism: 'PLAIN' }),
      )
    const guesses = attempts('guess')
    expect(new Set(await kinds(attempts(app.text)))).toEqual(new Set(['authenticated']))
    expect(await kinds(guesses)).toContain('busy')
    filter.decide('throttle', name, 'username')
    expect(new Set(await kinds(attempts(app.text)))).toEqual(new Set(['authenticated']))
  })

  it('is noted once in a while', async () => {
    directory.put({
      ...recordWith(['imap']),
      credentials: recordWith(['imap']).credentials.map((one) => ({
        ...one,
        lastUsedAt: systemClock.now() - 60_000,
      })),
    })
    await byScram(openLogins(), name, app.text)
    expect(directory.used).toEqual([])
  })

  it('is blocked by a decision on its account, whatever the client calls itself', async () => {
    filter.decide('ban', name, 'username')
    const evidence = { kind: 'token', user: '', token: app.text, mechanism: 'BEARER' } as const
    expect(await openLogins().attempt(clientOf(), evidence)).toEqual({ kind: 'blocked' })
  })
})

it('tokens of somebody else come by the same door: the port is all that a provider is', async () => {
  const tokens = {
    verify: async (token: string) =>
      token === 'signed.by.provider'
        ? { access: accessTo(account), stamp: 'of it', protocols: new Set(['smtp'] as const) }
        : undefined,
  }
  const message = `n,a=${name},\u0001auth=Bearer signed.by.provider\u0001\u0001`
  const logins = openLogins({ tokens })
  const right = await bySasl(logins, 'OAUTHBEARER', () => message, 'smtp')
  expect(right.outcome).toMatchObject({ kind: 'authenticated', stamp: 'of it' })
  const wrong = await bySasl(logins, 'OAUTHBEARER', (_, at) => (at === 1 ? message : '\u0001'))
  expect(wrong).toMatchObject({
    outcome: { kind: 'refused' },
    challenges: ['', '{"status":"invalid_token"}'],
  })
})

it.each([
  ['right', ''],
  ['right', name],
  ['wrong', ''],
  ['wrong', name],
])('a provider is asked once about a token: %s, of %j', async (token, user) => {
  const verify = vi.fn(async (shown: string) =>
    shown === 'right'
      ? { access: accessTo(account), stamp: 'of it', protocols: new Set(['imap'] as const) }
      : undefined,
  )
  const evidence = { kind: 'token', user, token, mechanism: 'BEARER' } as const
  await openLogins({ tokens: { verify } }).attempt(clientOf(), evidence)
  expect(verify).toHaveBeenCalledTimes(1)
})

describe('SCRAM', () => {
  it('lets in who knows the password, and is told of once', async () => {
    const { outcome, challenges } = await byScram(openLogins(), 'me', 'secret')
    expect(outcome).toMatchObject({ kind: 'authenticated', access: { account } })
    expect(challenges).toHaveLength(3)
    expect(security.of('authSucceeded')).toMatchObject([
      { event: { user: name, mechanism: 'SCRAM-SHA-256' } },
    ])
    expect(filter.logins).toEqual([`${name} 192.0.2.1`])
  })

  it('lets nobody in who breaks off when the server has shown itself', async () => {
    const client = new ScramClient({ user: name, password: 'secret' })
    const answers = [() => client.first, (challenge: string) => client.final(challenge), () => '*']
    const { outcome } = await bySasl(
      openLogins(),
      'SCRAM-SHA-256',
      (challenge, at) => answers[at - 1]?.(challenge) ?? '',
    )
    expect(outcome).toEqual({ kind: 'cancelled' })
    expect(security.events).toEqual([])
  })

  it('tells of a wrong proof as of a wrong password, each as a guess of its own', async () => {
    const logins = openLogins()
    for (let guess = 0; guess < 2; guess += 1)
      expect((await byScram(logins, name, 'wrong')).outcome.kind).toBe('refused')
    const [first, second] = security.of('authFailed')
    expect(first).toMatchObject({
      event: { user: name, reason: 'bad_password', mechanism: 'SCRAM-SHA-256' },
    })
    expect(first?.event).not.toEqual(second?.event)
    expect(filter.failures).toHaveLength(2)
  })

  it('knows an old password again: a program that repeats it guesses once', async () => {
    const logins = openLogins()
    expect((await byScram(logins, name, 'secret')).outcome.kind).toBe('authenticated')
    expect((await byScram(logins, name, app.text)).outcome.kind).toBe('authenticated')
    const changed = await scramSecret('another', parameters)
    const { credentials, ...record } = recordWith(['imap'])
    const kept = credentials.filter(({ kind }) => kind === 'password')
    directory.put({ ...record, credentials: kept.map((one) => ({ ...one, scram: changed.keys })) })
    for (const secret of ['secret', 'secret', app.text, app.text, 'guess', 'guess'])
      expect((await byScram(logins, name, secret)).outcome.kind).toBe('refused')
    const fingerprints = security.of('authFailed').map(({ event }) => JSON.stringify(event))
    expect(fingerprints[1]).toBe(fingerprints[0])
    expect(fingerprints[3]).toBe(fingerprints[2])
    expect(new Set(fingerprints).size).toBe(4)
  })

  it('goes on with an unknown user as with a known one: the same steps, a salt that stays', async () => {
    const salts = new Set<string>()
    for (const logins of [openLogins(), openLogins()]) {
      const { outcome, challenges } = await byScram(logins, 'nobody@example.test', 'secret')
      expect(outcome).toEqual({ kind: 'refused' })
      expect(challenges).toHaveLength(2)
      expect(challenges[1]).toMatch(/^r=[^,]+,s=[A-Za-z0-9+/]{22}==,i=65536$/)
      salts.add(challenges[1]?.split(',')[1] ?? '')
    }
    expect(salts.size).toBe(1)
    expect(reasons()).toEqual(['unknown_user', 'unknown_user'])
    const { challenges } = await byScram(openLogins(), 'another@example.test', 'secret')
    expect(salts).not.toContain(challenges[1]?.split(',')[1])
  })

  it.each(['ban', 'captcha'])(
    'tells nothing of an account under a decision: %s',
    async (decision) => {
      filter.decide(decision, name, 'username')
      const { outcome, challenges } = await byScram(openLogins(), name, 'secret')
      expect(outcome).toEqual({ kind: 'blocked' })
      expect(challenges).toEqual([''])
    },
  )

  it('guesses at a throttled account one at a time, though a guess costs little', async () => {
    filter.decide('throttle', name, 'username')
    const logins = openLogins()
    const talks = await Promise.all(
      Array.from({ length: 12 }, () => byScram(logins, name, 'wrong')),
    )
    const blocked = talks.filter(({ outcome }) => outcome.kind === 'blocked')
    expect(blocked).toHaveLength(12 - 5)
  })

  it('is announced when every account has keys, which logins with a password make', async () => {
    directory.put(loginRecordOf(account, passwordHash))
    const logins = openLogins()
    const names = async (): Promise<string> =>
      (await logins.mechanisms(tls)).map((one) => one.name).join(' ')
    expect(await names()).not.toContain('SCRAM')
    const changed = directory.changed()
    await logins.attempt(clientOf(), {
      kind: 'password',
      user: name,
      password: 'secret',
      mechanism: 'PLAIN',
    })
    await changed
    expect(await names()).toContain('SCRAM-SHA-256')
    expect((await byScram(logins, name, 'secret')).outcome.kind).toBe('authenticated')
  })

  it('has keys of everybody who logs in, also of those who do so at once', async () => {
    const names = ['one', 'two', 'three'].map((local) => `${local}@example.test`)
    directory = new MemoryLogins(
      names.map((address) => loginRecordOf({ id: address as AccountId, address }, passwordHash)),
    )
    const logins = openLogins()
    const attempts = names.map((user) =>
      logins.attempt(clientOf(), {
        kind: 'password',
        user,
        password: 'secret',
        mechanism: 'PLAIN',
      }),
    )
    await Promise.all(attempts)
    for (;;) {
      const changed = directory.changed()
      if ((await directory.withoutScramKeys()) === 0) break
      await changed
    }
    for (const user of names)
      expect((await byScram(logins, user, 'secret')).outcome.kind).toBe('authenticated')
  })

  it('has keys of an app password that is used as a token alone', async () => {
    const { credentials, ...record } = recordWith(['imap'])
    directory.put({
      ...record,
      credentials: credentials.map((one) =>
        one.kind === 'app_password' ? { ...one, scram: undefined } : one,
      ),
    })
    const changed = directory.changed()
    const token = app.text.toUpperCase()
    await openLogins().attempt(clientOf(), { kind: 'token', user: '', token, mechanism: 'BEARER' })
    await changed
    expect((await byScram(openLogins(), name, app.text)).outcome.kind).toBe('authenticated')
  })

  it('is not there where it is switched off', async () => {
    const logins = openLogins({ scramSaltKey: undefined })
    expect((await logins.mechanisms(tls)).map((one) => one.name)).not.toContain('SCRAM-SHA-256')
  })
})

describe('what is no exchange', () => {
  it.each([
    ['*', { kind: 'cancelled' }, []],
    ['\0me', { kind: 'malformed' }, ['malformed']],
    [`you\0${name}\0secret`, { kind: 'foreign' }, ['malformed']],
  ])('%j', async (response, outcome, told) => {
    expect((await bySasl(openLogins(), 'PLAIN', () => response)).outcome).toEqual(outcome)
    expect(reasons()).toEqual(told)
  })
})
