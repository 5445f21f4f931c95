import { parseIp, type IpAddress } from '@gatepost/core'
import {
  openFilter,
  type ConnectionFilter,
  type DecidedVerdict,
  type Decision,
  type FilterVerdict,
} from '@gatepost/security-crowdsec'
import { describe, expect, it } from 'vitest'

import { carryOut } from './carry-out.ts'
import { Judge } from './judge.ts'
import { remediationConfigSchema, remediesOf } from './remediation-config.ts'
import { defaultRemedies, type ListenerRemedies } from './remedy.ts'

const listeners = ['mx', 'submissions', 'imaps', 'https'] as const
const address: IpAddress = parseIp('192.0.2.1') ?? expect.fail()

function decision(origin: string, type = 'ban'): Decision {
  return { id: 1, scope: 'ip', value: '192.0.2.1', type, scenario: 'x', origin, until: 0 }
}
function ban(origin: string, more: Partial<DecidedVerdict> = {}): DecidedVerdict<'ban'> {
  return { ...more, kind: 'ban', decision: decision(origin) }
}
/** A filter that says so of everybody. */
function judgeOf(verdict: FilterVerdict, remedies: ListenerRemedies = defaultRemedies): Judge {
  const filter: ConnectionFilter = { ...openFilter, check: () => verdict }
  return new Judge(filter, () => remedies)
}
function everywhere(judge: Judge): string[] {
  return listeners.map((listener) => judge.client(listener, address).kind)
}

describe('remediation by origin', () => {
  it.each(['crowdsec', 'cscli', 'console', 'appsec', 'a-script-of-ours'])(
    'a ban of %s refuses everywhere',
    (origin) => {
      expect(everywhere(judgeOf(ban(origin)))).toEqual(['refuse', 'refuse', 'refuse', 'refuse'])
    },
  )

  it.each(['CAPI', 'lists:firehol', 'cscli-import'])(
    'a traveller whose address is on %s is slowed where he can log in, until he has; as a sender of mail he is refused',
    (origin) => {
      expect(everywhere(judgeOf(ban(origin)))).toEqual(['refuse', 'slow', 'slow', 'slow'])
      const known = ban(origin, { hasLoggedIn: true })
      expect(everywhere(judgeOf(known))).toEqual(['refuse', 'serve', 'serve', 'serve'])
    },
  )

  it('a foreign ban cuts no session of somebody who is logged in, also when he was first to log in there; one of our own does', () => {
    const foreign = judgeOf(ban('CAPI'))
    expect(foreign.session('imaps', address, 'me@example.test').kind).toBe('serve')
    expect(foreign.session('imaps', address, undefined).kind).toBe('slow')
    expect(foreign.session('mx', address, undefined).kind).toBe('refuse')
    expect(judgeOf(ban('crowdsec')).session('imaps', address, 'me@example.test').kind).toBe(
      'refuse',
    )
  })

  it('a decision of our own counts behind one of a foreign list, whichever is found first', () => {
    const own = { kind: 'captcha', decision: decision('crowdsec', 'captcha') } as const
    const verdict = ban('CAPI', { others: [own], hasLoggedIn: true })
    expect(judgeOf(verdict).client('imaps', address)).toEqual({
      kind: 'challenge',
      decision: own.decision,
    })
    const both = ban('CAPI', { others: [ban('crowdsec')] })
    expect(judgeOf(both).client('imaps', address)).toMatchObject({
      kind: 'refuse',
      decision: { origin: 'crowdsec' },
    })
  })

  it('is configured for an origin, for one list, and for one listener, in any spelling', () => {
    const all = remediationConfigSchema.parse({
      origins: { capi: 'as_decided', Lists: 'challenge', 'lists:FireHOL': 'ignore' },
    })
    const own = { origins: { cscli: 'tarpit' as const } }
    const on = (origin: string, remedies = remediesOf(all)): string =>
      judgeOf(ban(origin), remedies).client('imaps', address).kind
    expect(['CAPI', 'lists:tor', 'lists:firehol', 'cscli'].map((origin) => on(origin))).toEqual([
      'refuse',
      'challenge',
      'serve',
      'refuse',
    ])
    expect(on('cscli', remediesOf(all, own))).toBe('tarpit')
    expect(on('lists:tor', remediesOf(all, own))).toBe('challenge')
  })

  it('names the rule that applied, so that it can be explained', () => {
    const remedies = remediesOf(remediationConfigSchema.parse({}))
    expect(carryOut(ban('lists:firehol'), 'imaps', remedies)).toMatchObject({
      remedy: 'slow',
      rule: { name: 'lists', rule: 'until_login' },
    })
    expect(carryOut(ban('crowdsec'), 'imaps', remedies).rule).toBeUndefined()
  })

  it('slows nobody who is let in as it is, and leaves hold and throttle alone', () => {
    const remedies = { ...defaultRemedies, ban: 'ignore' as const }
    expect(everywhere(judgeOf(ban('CAPI'), remedies))).toEqual(listeners.map(() => 'serve'))
    const throttle = { kind: 'throttle', decision: decision('CAPI', 'throttle') } as const
    expect(everywhere(judgeOf(throttle))).toEqual(listeners.map(() => 'slow'))
  })

  it('takes no rule that it does not know', () => {
    expect(remediationConfigSchema.safeParse({ origins: { CAPI: 'sometimes' } }).success).toBe(
      false,
    )
  })
})
