import { join } from 'node:path'

import { expect, it } from 'vitest'

import { HubLog } from './hub-log.ts'

const tests = join(import.meta.dirname, '../../../crowdsec/.tests')
const decision = {
  id: 1,
  scope: 'ip' as const,
  value: '203.0.113.5',
  type: 'ban',
  scenario: 'gatepost/mail-bf',
  origin: 'crowdsec',
  until: 0,
}

const stories: Readonly<Record<string, (log: HubLog) => void>> = {
  /** One is caught. Five failures are not enough; a ban does not feed itself. */
  'gatepost-mail-bf': (log) => {
    log.fail('192.0.2.66', 7)
    log.fail('198.51.100.5', 5)
    for (let count = 0; count < 8; count += 1) {
      log.events.blocked(log.from('203.0.113.5'), { decision })
      log.events.sessionCut(log.from('203.0.113.5', 'imap'), { decision, user: 'me@example.test' })
    }
  },
  /** Nobody is caught: not who mistypes four times and then succeeds, twice; not a client with an old password that tries now and then. */
  'gatepost-slow-typist': (log) => {
    for (let round = 0; round < 2; round += 1) {
      log.fail('198.51.100.7', 4, { everySeconds: 5 })
      const user = { user: 'me@example.test', mechanism: 'PLAIN' }
      log.events.authSucceeded(log.from('198.51.100.7'), user)
      log.pass(1200)
    }
    log.fail('198.51.100.8', 15, { everySeconds: 70 })
  },
  /** One is caught. Asking again and again for one address that is gone is no dictionary. */
  'gatepost-recipient-dictionary': (log) => {
    for (let count = 0; count < 16; count += 1) {
      const recipient = count < 7 ? `user${count}@example.test` : 'gone@example.test'
      const ip = count < 7 ? '192.0.2.67' : '198.51.100.8'
      log.events.unknownRecipient(log.from(ip), { sender: 'a@example.org', recipient })
      log.pass(1)
    }
  },
  /** Nobody is caught: what is no failure does not count, and nobody can put one into somebody else's name. */
  'gatepost-other-lines': (log) => {
    const victim =
      '{"log":"security","v":"1","event":"auth_failed","protocol":"smtp","ip":"192.0.2.99"}'
    const hostile = [
      `"}\n${victim}`,
      `x","ip":"192.0.2.99`,
      '\u001b[31mred\u001b]0;title\u0007',
      '\\u0022,"ip":"192.0.2.99"',
      'x'.repeat(65_536),
    ]
    for (const user of hostile) log.fail('192.0.2.70', 1, { user, reason: 'unknown_user' })
    for (let count = 0; count < 8; count += 1) {
      const far = log.from('192.0.2.99')
      log.events.authSucceeded(far, { user: 'me@example.test', mechanism: 'PLAIN' })
      log.events.relayDenied(far, { sender: 'a@example.org', recipient: 'b@example.com' })
      log.events.protocolAbuse(far, { kind: 'tls_handshake_failed', detail: victim })
      log.raw(
        `{"level":"info","time":"2026-01-02T03:04:05.000Z","msg":"x","user":${JSON.stringify(victim)}}`,
        ` ${victim}`,
        `[${victim}]`,
        'Gatepost 0.1.0 is ready (996 ms). Data in /data',
      )
    }
    log.raw(`{"level":"info","msg":"${'x'.repeat(60_000)}"}`)
  },
  /** One is caught, by the time that the events had: scattered failures that are read in one go are no burst, and a line that is read again is no second failure. */
  'gatepost-event-time': (log) => {
    log.fail('198.51.100.9', 12, { everySeconds: 300 })
    const before = log.lines.length
    log.fail('198.51.100.10', 4)
    log.repeat(before)
    log.repeat(before)
    log.fail('2001:db8::68', 6)
  },
}

it.each(Object.entries(stories))(
  'the log of the hub test %s is what the server writes (after a change: vitest -u, and new assertions)',
  async (name, tell) => {
    const log = new HubLog()
    tell(log)
    await expect(log.text).toMatchFileSnapshot(join(tests, name, `${name}.log`))
  },
)
