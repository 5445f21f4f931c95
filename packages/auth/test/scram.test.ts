import type { ScramKeys } from '@gatepost/core'
import { ScramClient } from '@gatepost/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Evidence } from '../src/login/evidence.ts'
import { ForeignIdentity, MalformedResponse, type SaslAttempt } from '../src/sasl/exchange.ts'
import { scramMechanism } from '../src/sasl/scram.ts'
import type { TlsFacts } from '../src/sasl/tls-facts.ts'
import {
  areScramParameters,
  isProofOf,
  scramSecret,
  serverSignatureOf,
} from '../src/scram/scram-keys.ts'
import { endOf, runMechanism, type Talk } from './run-mechanism.ts'

const parameters = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }
const exporter = Buffer.alloc(32, 7)
const tls: TlsFacts = {
  channelBindings: new Map([['tls-exporter', () => exporter]]),
  clientCertificate: undefined,
}
const { keys } = await scramSecret('pencil', parameters)

function judgeBy(stored: ScramKeys): (evidence: Evidence) => SaslAttempt<string> {
  return (evidence) => {
    if (evidence.kind !== 'scram' || !isProofOf(stored, evidence))
      return { outcome: 'out', isRight: false }
    const serverSignature = serverSignatureOf(stored, evidence.authMessage)
    return { outcome: 'in', isRight: true, serverSignature }
  }
}

function talk(
  client: ScramClient,
  more: { readonly tls?: TlsFacts; readonly bindsChannel?: boolean } = {},
): Promise<Talk> {
  const { bindsChannel = false, ...rest } = more
  return runMechanism(scramMechanism(bindsChannel), {
    initial: client.first,
    respond: (challenge, at) => (at === 1 ? client.final(challenge) : ''),
    judge: judgeBy(keys),
    ...rest,
  })
}

function afterFirst(initial: string): Promise<Talk> {
  return runMechanism(scramMechanism(false), { initial, respond: () => 'c=biws,r=x,p=AAAA' })
}

describe('SCRAM-SHA-256', () => {
  it('is the exchange of RFC 7677 section 3', async () => {
    const messages = [
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      '',
    ]
    const { outcome, challenges } = await runMechanism(
      scramMechanism(false, () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'),
      {
        initial: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
        respond: (_, at) => messages[at - 1] ?? '',
        judge: judgeBy(keys),
      },
    )
    expect(outcome).toBe('in')
    expect(challenges).toEqual([
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    ])
  })

  it('asks for the first message where none came with the command', async () => {
    const client = new ScramClient({ user: 'me', password: 'pencil' })
    const { outcome, challenges } = await runMechanism(scramMechanism(false), {
      respond: (challenge, at) =>
        at === 1 ? client.first : at === 2 ? client.final(challenge) : '',
      judge: judgeBy(keys),
    })
    expect(outcome).toBe('in')
    expect(client.isServer(challenges[2] ?? '')).toBe(true)
  })

  it('tells nothing of the keys to who does not know the password', async () => {
    const { outcome, challenges } = await talk(
      new ScramClient({ user: 'user', password: 'pencil ' }),
    )
    expect(outcome).toBe('out')
    expect(challenges).toHaveLength(1)
  })

  it('takes every name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .string({ minLength: 1, maxLength: 80, unit: 'grapheme' })
          .filter((user) => !/\p{Cc}/u.test(user)),
        async (user) => {
          const client = new ScramClient({ user, password: 'pencil' })
          const { evidence } = await talk(client)
          expect(evidence[0]?.user).toBe(user)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('makes another nonce each time', async () => {
    const nonces = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const client = new ScramClient({ user: 'user', password: 'pencil', nonce: 'same' })
        return (await talk(client)).challenges[0]
      }),
    )
    expect(new Set(nonces).size).toBe(20)
  })

  it('refuses to act for somebody else, and takes who names himself twice', async () => {
    await expect(afterFirst('n,a=boss,n=user,r=abc')).rejects.toThrow(ForeignIdentity)
    await expect(afterFirst('n,a=use=r,n=user,r=abc')).rejects.toThrow(/not one of SCRAM/)
    await expect(afterFirst('n,a=user,n=user,r=abc')).rejects.toThrow(MalformedResponse)
  })
})

describe('channel binding', () => {
  it('binds the exchange to the connection', async () => {
    const client = new ScramClient({
      user: 'user',
      password: 'pencil',
      flag: 'p=tls-exporter',
      channelBinding: exporter,
    })
    expect((await talk(client, { tls, bindsChannel: true })).outcome).toBe('in')
  })

  it.each([
    [
      'data of another connection',
      { flag: 'p=tls-exporter', channelBinding: Buffer.alloc(32, 8) },
      true,
    ],
    ['an unknown binding', { flag: 'p=tls-unique', channelBinding: exporter }, true],
    ['-PLUS without a binding', { flag: 'n' }, true],
    ['a binding without -PLUS', { flag: 'p=tls-exporter', channelBinding: exporter }, false],
    ['a client that was told of no -PLUS', { flag: 'y' }, false],
  ])('refuses %s', async (_name, how, bindsChannel) => {
    const client = new ScramClient({ user: 'user', password: 'pencil', ...how })
    await expect(talk(client, { tls, bindsChannel })).rejects.toThrow(MalformedResponse)
  })

  it('lets a client go on that knows of bindings where there are none', async () => {
    const client = new ScramClient({ user: 'user', password: 'pencil', flag: 'y' })
    const none = { channelBindings: new Map(), clientCertificate: undefined }
    expect((await talk(client, { tls: none })).outcome).toBe('in')
  })
})

describe('what is no message of SCRAM', () => {
  const long = 'x'.repeat(5000)
  it.each([
    '',
    'n,,',
    'n,,n=user',
    'n,,r=abc,n=user',
    'n,,n=,r=abc',
    'n,,n=us=er,r=abc',
    'n,,m=more,n=user,r=abc',
    'n,,n=user,r=',
    'n,,n=user,r=a b',
    'n,,n=user,r=abc,m=x',
    'q,,n=user,r=abc',
    'p=,,n=user,r=abc',
    'n,b=user,n=user,r=abc',
    `n,,n=${long},r=abc`,
    `n,,n=user,r=${'x'.repeat(600)}`,
    `n,,n=user,r=abc${',x=y'.repeat(20)}`,
  ])('first: %.40s', async (initial) => {
    await expect(runMechanism(scramMechanism(false), { initial })).rejects.toThrow(
      MalformedResponse,
    )
  })

  it.each([
    '',
    'c=biws',
    'c=biws,r=NONCE',
    'c=biws,r=other,p=AAAA',
    'c=eSws,r=NONCE,p=AAAA',
    'c=!,r=NONCE,p=AAAA',
    'r=NONCE,c=biws,p=AAAA',
    'c=biws,r=NONCE,m=x,p=AAAA',
    'c=biws,r=NONCE,p=!',
    `c=biws,r=NONCE${',x=y'.repeat(20)},p=AAAA`,
    `c=biws,r=NONCE,x=${long},p=AAAA`,
  ])('final: %.40s', async (final) => {
    const run = runMechanism(
      scramMechanism(false, () => 'def'),
      {
        initial: 'n,,n=user,r=abc',
        respond: () => final.replace('NONCE', 'abcdef'),
        judge: judgeBy(keys),
      },
    )
    await expect(run).rejects.toThrow(MalformedResponse)
  })

  it('is refused, and nothing else happens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 300 })),
        fc.string({ maxLength: 300 }),
        async (first, final) => {
          const run = runMechanism(scramMechanism(false), {
            initial: Buffer.from(first),
            respond: () => final,
          })
          expect(['Talk', 'MalformedResponse', 'ForeignIdentity']).toContain(await endOf(run))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('stored records', () => {
  it.each([
    [{ salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }, true],
    [{ salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4095 }, false],
    [{ salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 1_000_001 }, false],
    [{ salt: 'a,b', iterations: 4096 }, false],
    [{ salt: '', iterations: 4096 }, false],
  ])('%j may be told to clients: %s', (record, isAllowed) => {
    expect(areScramParameters(record)).toBe(isAllowed)
  })

  it.each([
    { storedKey: '', serverKey: '' },
    { storedKey: 'AAAA', serverKey: 'AAAA' },
  ])('keys that are none have no proof: %j', (damaged) => {
    expect(isProofOf(damaged, { authMessage: 'x', proof: Buffer.alloc(32) })).toBe(false)
    expect(isProofOf(damaged, { authMessage: 'x', proof: Buffer.alloc(0) })).toBe(false)
  })

  it('passwords count in NFC, as for the other hash', async () => {
    const composed = await scramSecret('\u00e9', parameters)
    expect(await scramSecret('e\u0301', parameters)).toEqual(composed)
  })
})
