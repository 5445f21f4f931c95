import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { oauthBearer, xoauth2 } from '../src/sasl/bearer-tokens.ts'
import { ForeignIdentity, MalformedResponse } from '../src/sasl/exchange.ts'
import { login } from '../src/sasl/login.ts'
import { offeredMechanisms } from '../src/sasl/mechanisms.ts'
import { plain } from '../src/sasl/plain.ts'
import { endOf, runMechanism } from './run-mechanism.ts'

const word = fc.string({ minLength: 1, maxLength: 60 }).filter((text) => !/\p{Cc}/u.test(text))

describe('PLAIN', () => {
  it('takes what RFC 4616 says, with the command or after it', async () => {
    await fc.assert(
      fc.asyncProperty(word, word, fc.boolean(), async (user, password, isInitial) => {
        const message = `\0${user}\0${password}`
        const { challenges, evidence } = await runMechanism(
          plain,
          isInitial ? { initial: message } : { respond: () => message },
        )
        expect(challenges).toEqual(isInitial ? [] : [''])
        expect(evidence).toEqual([{ kind: 'password', user, password, mechanism: 'PLAIN' }])
      }),
      { numRuns: 50 },
    )
  })

  it('takes the one name that there is', async () => {
    const both = await runMechanism(plain, { initial: 'me\0me\0secret' })
    const first = await runMechanism(plain, { initial: 'me\0\0secret' })
    expect(both.evidence).toEqual(first.evidence)
  })

  it('acts for nobody else', async () => {
    await expect(runMechanism(plain, { initial: 'boss\0me\0secret' })).rejects.toThrow(
      ForeignIdentity,
    )
  })

  it.each([
    '',
    'me',
    'me\0secret',
    '\0me\0secret\0',
    '\0m\ne\0secret',
    Buffer.from('00ff0041', 'hex'),
  ])('refuses %j', async (initial) => {
    await expect(runMechanism(plain, { initial })).rejects.toThrow(MalformedResponse)
  })
})

describe('LOGIN', () => {
  it('asks for name and password, and takes the name with the command', async () => {
    const answers = ['me', 'secret']
    const asked = await runMechanism(login, { respond: (_, at) => answers[at - 1] ?? '' })
    expect(asked.challenges).toEqual(['Username:', 'Password:'])
    const given = await runMechanism(login, { initial: 'me', respond: () => 'secret' })
    expect(given.challenges).toEqual(['Password:'])
    expect(given.evidence).toEqual(asked.evidence)
  })
})

describe('bearer tokens', () => {
  const bearer = 'auth=Bearer abc.def'

  it('OAUTHBEARER takes the example of RFC 7628 section 4.1', async () => {
    const { evidence, challenges } = await runMechanism(oauthBearer, {
      initial: `n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u0001\u0001`,
    })
    expect(evidence).toMatchObject([
      { user: 'user@example.com', token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==' },
    ])
    expect(challenges).toEqual([])
  })

  it('XOAUTH2 takes its own form', async () => {
    const { evidence } = await runMechanism(xoauth2, {
      initial: `user=me@example.test\u0001${bearer}\u0001\u0001`,
    })
    expect(evidence).toMatchObject([{ user: 'me@example.test', token: 'abc.def' }])
  })

  it.each([
    [oauthBearer, `n,,\u0001${bearer}\u0001\u0001`, '{"status":"invalid_token"}'],
    [xoauth2, `user=\u0001${bearer}\u0001\u0001`, '{"status":"400","schemes":"bearer","scope":""}'],
  ])('tell of a failure in a challenge', async (mechanism, initial, challenge) => {
    const talk = await runMechanism(mechanism, {
      initial,
      judge: () => ({ outcome: 'out', isRight: false }),
    })
    expect(talk).toMatchObject({ outcome: 'out', challenges: [challenge] })
  })

  it.each([
    '',
    'n,,',
    'n,,\u0001\u0001',
    `n,,\u0001${bearer}\u0001`,
    `p=tls-exporter,,\u0001${bearer}\u0001\u0001`,
    `n,,\u0001${bearer}\u0001${bearer}\u0001\u0001`,
    'n,,\u0001auth=Basic abc\u0001\u0001',
    'n,,\u0001auth=Bearer a b\u0001\u0001',
    `n,,\u0001auth=Bearer ${'x'.repeat(9000)}\u0001\u0001`,
    `n,,${'\u0001x=y'.repeat(40)}\u0001${bearer}\u0001\u0001`,
  ])('OAUTHBEARER refuses %.40j', async (initial) => {
    await expect(runMechanism(oauthBearer, { initial })).rejects.toThrow(MalformedResponse)
  })

  it('anything else is refused, and nothing else happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(plain, login, oauthBearer, xoauth2),
        fc.uint8Array({ maxLength: 200 }),
        async (mechanism, bytes) => {
          const run = runMechanism(mechanism, { initial: Buffer.from(bytes) })
          expect(['Talk', 'MalformedResponse', 'ForeignIdentity']).toContain(await endOf(run))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('what is offered', () => {
  const tls = {
    channelBindings: new Map([['x', () => Buffer.alloc(0)]]),
    clientCertificate: undefined,
  }
  const old = { channelBindings: new Map(), clientCertificate: undefined }

  it.each([
    [{ tls: undefined, hasScramKeys: true }, ''],
    [{ tls, hasScramKeys: false }, 'PLAIN LOGIN OAUTHBEARER XOAUTH2'],
    [{ tls: old, hasScramKeys: true }, 'PLAIN LOGIN SCRAM-SHA-256 OAUTHBEARER XOAUTH2'],
    [
      { tls, hasScramKeys: true },
      'PLAIN LOGIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS OAUTHBEARER XOAUTH2',
    ],
  ])('%#', (conditions, expected) => {
    const names = offeredMechanisms(conditions).map(({ name }) => name)
    expect(names.join(' ')).toBe(expected)
  })
})
