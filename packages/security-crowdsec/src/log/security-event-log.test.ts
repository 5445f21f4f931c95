import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { SecurityContext } from './auth-failure-log.ts'
import { SecurityEventLog } from './security-event-log.ts'

const context: SecurityContext = {
  protocol: 'smtp',
  listener: 'submission',
  ip: '192.0.2.1',
  port: 40_000,
  session: 'c1',
  isTls: true,
}
const decision = {
  id: 7,
  value: '192.0.2.1',
  type: 'ban',
  scenario: 'gatepost/mail-bf',
  origin: 'crowdsec',
  until: 0,
}

function lines(use: (log: SecurityEventLog) => void): string[] {
  const written: string[] = []
  use(
    new SecurityEventLog(
      { write: (line) => written.push(line) },
      { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), monotonic: () => 0 },
    ),
  )
  return written
}

describe('SecurityEventLog', () => {
  it('has the published shape: crowdsec/ reads these lines', () => {
    const written = lines((log) => {
      log.authFailed(context, {
        user: 'me@example.test',
        mechanism: 'PLAIN',
        reason: 'bad_password',
      })
      log.authSucceeded(context, { user: 'me@example.test', mechanism: 'LOGIN' })
      log.unknownRecipient(context, { sender: 'a@example.org', recipient: 'nobody@example.test' })
      log.relayDenied(context, { sender: 'a@example.org', recipient: 'b@example.com' })
      log.protocolAbuse(context, { kind: 'smuggling_attempt', detail: 'bare LF' })
      log.blocked(context, { decision })
      log.sessionCut(context, { decision, user: 'me@example.test' })
    })
    expect(written.join('')).toMatchSnapshot()
  })

  it('writes one line of strings, whatever the client sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 70_000 }), (user) => {
        const [line = '', ...more] = lines((log) =>
          log.authFailed(context, { user, mechanism: user, reason: 'malformed' }),
        )
        expect(more).toEqual([])
        expect(line.endsWith('\n')).toBe(true)
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
        expect(line.startsWith('{"log":"security","v":"1",')).toBe(true)
        expect(line.length).toBeLessThan(16_384)
        const values = Object.values(JSON.parse(line) as Record<string, unknown>)
        expect(values.every((value) => typeof value === 'string')).toBe(true)
      }),
    )
  })
})
