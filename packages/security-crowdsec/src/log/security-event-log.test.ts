import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { SecurityContext } from './auth-failure-log.ts'
import {
  commonFields,
  eventFields,
  optionalFields,
  suppressedField,
  type EventName,
} from './security-event-fields.ts'
import { SecurityEventLog } from './security-event-log.ts'

const context: SecurityContext = {
  protocol: 'smtp',
  listener: 'submission',
  ip: '192.0.2.1',
  port: 40_000,
  session: 'c1',
  isTls: true,
}
const farContext: SecurityContext = {
  ...context,
  listener: 'submissions',
  ip: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  port: 65_535,
  session: 'czzzzzzzzzzz',
}
const decision = {
  id: 7,
  scope: 'ip' as const,
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
        fingerprint: '0123abcd',
      })
      log.authFailed(context, { user: 'ME@Example.test', mechanism: 'PLAIN', reason: 'malformed' })
      log.authSucceeded(context, { user: 'me@example.test', mechanism: 'LOGIN' })
      log.unknownRecipient(context, { sender: 'a@example.org', recipient: 'nobody@example.test' })
      log.trapRecipient(context, { sender: 'a@example.org', recipient: 'trap@example.test' })
      log.relayDenied(context, { sender: 'a@example.org', recipient: 'b@example.com' })
      log.addressProbed(context, { command: 'VRFY', recipient: 'root' })
      log.heloSpoofed(context, { kind: 'own_name', helo: 'mail.example.test' })
      log.connectionLimited(context, { kind: 'per_address', open: 128 })
      log.connectionBurst(context, { kind: 'handshakes', count: 100, seconds: 8 })
      log.authFailed(
        { ...farContext, known: 'mail' },
        { user: 'me', mechanism: 'PLAIN', reason: 'incomplete_user' },
      )
      log.slowClient(context, { kind: 'login' })
      log.protocolAbuse(context, { kind: 'smuggling_attempt', detail: 'bare LF' })
      log.jmapAbuse(context, { kind: 'path_scan', detail: '/.env' })
      log.outboundBurst(context, { user: 'me@example.test', recipients: 200, seconds: 30 })
      log.blocked(context, { decision })
      log.sessionCut(context, { decision, user: 'me@example.test' })
    })
    expect(written.join('')).toMatchSnapshot()
  })

  it('writes one flat line of strings under 2 KiB, whatever the client and the Local API sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 70_000 }), (text) => {
        for (const line of everyEvent(text)) {
          expect(line.endsWith('\n')).toBe(true)
          expect(line.slice(0, -1)).not.toMatch(/[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
          expect(line.startsWith('{"log":"security","v":"1",')).toBe(true)
          expect(Buffer.byteLength(line)).toBeLessThan(2048)
          const fields = JSON.parse(line) as Record<string, unknown>
          expect(Object.values(fields).every((value) => typeof value === 'string')).toBe(true)
          const own = eventFields[String(fields['event']) as EventName]
          expect([...commonFields, ...optionalFields, ...own]).toEqual(
            expect.arrayContaining(Object.keys(fields)),
          )
          expect(fields['ip']).toBe(farContext.ip)
        }
      }),
    )
  })

  it('stays under 2 KiB with the most that every value can take', () => {
    const most = ['"', '\\', '\u0000', 'x', '\u00e9', '\u4e2d', '\u{1f600}', '\ud800']
    const lengths = most.flatMap((character) =>
      everyEvent(character.repeat(100_000)).map((line) => Buffer.byteLength(line)),
    )
    expect(Math.max(...lengths)).toBeLessThan(2048)
  })

  it('does not write a line for each of a million tries, and says how many it left out', () => {
    let now = 0
    const written: string[] = []
    const log = new SecurityEventLog(
      { write: (line) => written.push(line) },
      { now: () => 0, monotonic: () => now },
    )
    for (let count = 0; count < 1_000_000; count += 1) {
      log.protocolAbuse(context, { kind: 'line_too_long' })
      now += 0.01
    }
    log.protocolAbuse({ ...context, ip: '192.0.2.2' }, { kind: 'line_too_long' })
    expect(written.length).toBeLessThan(310)
    const left = written.map(
      (line) => (JSON.parse(line) as Record<string, string>)[suppressedField],
    )
    expect(left.at(-1)).toBeUndefined()
    expect(left.reduce((sum, text) => sum + Number(text ?? 0), written.length - 1)).toBeGreaterThan(
      989_000,
    )
  })

  it('writes every success: whoever has an account is no flood', () => {
    const written = lines((log) => {
      for (let count = 0; count < 1000; count += 1)
        log.authSucceeded(context, { user: 'me@example.test', mechanism: 'PLAIN' })
    })
    expect(written).toHaveLength(1000)
  })

  it('keeps a mail address of the greatest length whole', () => {
    const user = `${'u'.repeat(64)}@${'d'.repeat(189)}`
    const [line = ''] = lines((log) => log.authSucceeded(context, { user, mechanism: 'PLAIN' }))
    expect(line).toContain(`"user":"${user}"`)
  })
})

/** One line per event, with `text` in every place that is not ours. */
function everyEvent(text: string): string[] {
  const decided = { ...decision, id: Number.MAX_SAFE_INTEGER, value: text, type: text }
  const worst = { ...decided, scenario: text, origin: text }
  const written = lines((log) => {
    log.authFailed(farContext, { user: text, mechanism: text, reason: 'not_over_tls' })
    log.authSucceeded(farContext, { user: text, mechanism: text })
    log.unknownRecipient(farContext, { sender: text, recipient: text })
    log.relayDenied(farContext, { sender: text, recipient: text })
    log.trapRecipient(farContext, { sender: text, recipient: text })
    log.addressProbed(farContext, { command: 'EXPN', recipient: text })
    log.heloSpoofed(farContext, { kind: 'own_address', helo: text })
    log.connectionLimited(farContext, { kind: 'per_address', open: Number.MAX_SAFE_INTEGER })
    log.connectionBurst(farContext, { kind: 'connections', count: 1e9, seconds: 60 })
    log.slowClient(farContext, { kind: 'tls_handshake' })
    log.protocolAbuse(farContext, { kind: 'tls_handshake_failed', detail: text })
    log.jmapAbuse(farContext, { kind: 'malformed', detail: text })
    log.outboundBurst(farContext, { user: text, recipients: 1, seconds: 1 })
    log.blocked(farContext, { decision: worst })
    log.sessionCut(farContext, { decision: worst, user: text })
  })
  expect(written).toHaveLength(Object.keys(eventFields).length)
  return written
}
