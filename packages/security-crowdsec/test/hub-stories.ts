import type { AbuseKind } from '../src/index.ts'
import type { HubLog } from './hub-log.ts'
import { accountStories } from './hub-stories-accounts.ts'
import { crowdStories } from './hub-stories-crowds.ts'
import { networkStories } from './hub-stories-networks.ts'

export interface HubStory {
  readonly tell: (log: HubLog) => void
  /** What has to come of it: scenario, scope and value of each alert, in any order. */
  readonly alerts: readonly (readonly [scenario: string, scope: string, value: string])[]
  /** Beside those that every story has. */
  readonly parsers?: readonly string[]
}

const old = { fingerprint: 'aaaaaaaa' }
const decision = {
  id: 1,
  scope: 'ip' as const,
  value: '203.0.113.5',
  type: 'ban',
  scenario: 'gatepost/mail-bf',
  origin: 'crowdsec',
  until: 0,
}

function abuse(log: HubLog, ip: string, kinds: readonly AbuseKind[]): void {
  for (const kind of kinds) {
    log.events.protocolAbuse(log.from(ip), { kind })
    log.pass(1)
  }
}

/** The hub tests: each tells its log with the code that writes the server's, and has attackers and others, who have to be left alone. */
export const hubStories: Readonly<Record<string, HubStory>> = {
  ...accountStories,
  ...crowdStories,
  ...networkStories,
  /** Five wrong passwords are not enough, one old password is one however often it comes, and a ban does not feed itself. */
  'gatepost-mail-bf': {
    alerts: [['gatepost/mail-bf', 'Ip', '192.0.2.66']],
    tell: (log) => {
      log.fail('192.0.2.66', 7)
      log.fail('198.51.100.5', 5)
      log.fail('198.51.100.6', 30, old)
      for (let count = 0; count < 8; count += 1) {
        log.events.blocked(log.from('203.0.113.5'), { decision })
        log.events.sessionCut(log.from('203.0.113.5', 'imap'), {
          decision,
          user: 'me@example.test',
        })
      }
    },
  },
  /** Who mistypes four times and then succeeds is forgiven, and so is a client with an old password that tries now and then. */
  'gatepost-slow-typist': {
    alerts: [],
    tell: (log) => {
      for (let round = 0; round < 2; round += 1) {
        log.fail('198.51.100.7', 4, { everySeconds: 5 })
        log.succeed('198.51.100.7')
      }
      log.fail('198.51.100.7', 4, { ...old, everySeconds: 5 })
      log.succeed('198.51.100.7')
      log.fail('198.51.100.8', 15, { ...old, everySeconds: 70 })
    },
  },
  /** Asking again and again for one address that is gone is no dictionary. VRFY counts as RCPT does. */
  'gatepost-recipient-dictionary': {
    alerts: [
      ['gatepost/mail-recipient-dictionary', 'Ip', '192.0.2.67'],
      ['gatepost/mail-recipient-dictionary', 'Ip', '192.0.2.68'],
    ],
    tell: (log) => {
      const sender = 'a@example.org'
      for (let count = 0; count < 7; count += 1) {
        const recipient = `user${count}@example.test`
        log.events.unknownRecipient(log.from('192.0.2.67'), { sender, recipient })
        const command = count % 2 === 0 ? 'VRFY' : 'EXPN'
        log.events.addressProbed(log.from('192.0.2.68'), { command, recipient })
        log.pass(1)
      }
      for (let count = 0; count < 9; count += 1) {
        const recipient = 'gone@example.test'
        log.events.unknownRecipient(log.from('198.51.100.8'), { sender, recipient })
        log.pass(1)
      }
    },
  },
  /** A server with an old record of ours for one domain is none. */
  'gatepost-relay-probe': {
    alerts: [['gatepost/mail-relay-probe', 'Ip', '192.0.2.75']],
    tell: (log) => {
      const sender = 'a@example.org'
      for (let count = 0; count < 10; count += 1) {
        const recipient = `probe${Math.min(count, 3)}@example.com`
        log.events.relayDenied(log.from('192.0.2.75'), { sender, recipient })
        const one = { sender, recipient: 'moved@example.net' }
        log.events.relayDenied(log.from('198.51.100.15'), one)
        log.pass(1)
      }
    },
  },
  /** One bad session is one offence; phones that are set up wrong and old programs are none. */
  'gatepost-protocol-abuse': {
    alerts: [
      ['gatepost/mail-protocol-abuse', 'Ip', '192.0.2.76'],
      ['gatepost/mail-protocol-abuse_ipv6', 'Range', '2001:db8::/64'],
    ],
    tell: (log) => {
      abuse(log, '192.0.2.76', ['http_on_mail_port', 'too_many_errors', 'early_talker'])
      for (let count = 0; count < 3; count += 1) {
        const helo = count === 0 ? '[192.0.2.1]' : 'mail.example.test'
        const kind = count === 0 ? 'own_address' : 'own_name'
        log.events.heloSpoofed(log.from('2001:db8::76'), { kind, helo })
        log.pass(1)
      }
      const session = log.from('198.51.100.16')
      for (let count = 0; count < 10; count += 1) {
        log.events.protocolAbuse(session, { kind: 'line_too_long' })
        abuse(log, '198.51.100.17', [
          'tls_handshake_failed',
          'tls_on_plain_port',
          'bare_line_ending',
        ])
        const helo = 'example.test'
        log.events.heloSpoofed(log.from('198.51.100.18'), { kind: 'own_domain', helo })
      }
    },
  },
  /** One is enough. Not two of one address in a row: the engine judges them at the same time and may tell of both. */
  'gatepost-smuggling': {
    alerts: [
      ['gatepost/mail-smuggling', 'Ip', '192.0.2.77'],
      ['gatepost/mail-smuggling', 'Ip', '192.0.2.78'],
    ],
    tell: (log) => {
      abuse(log, '192.0.2.77', ['smuggling_attempt'])
      abuse(log, '192.0.2.78', ['starttls_injection'])
      abuse(log, '198.51.100.19', Array(5).fill('bare_line_ending') as AbuseKind[])
    },
  },
  'gatepost-trap': {
    alerts: [['gatepost/mail-trap', 'Ip', '192.0.2.81']],
    tell: (log) => {
      const sender = 'a@example.org'
      const recipient = 'trap@example.test'
      log.events.trapRecipient(log.from('192.0.2.81'), { sender, recipient })
      log.events.unknownRecipient(log.from('198.51.100.20'), { sender, recipient })
    },
  },
  /** One path again and again is somebody's broken program. */
  'gatepost-jmap-scan': {
    alerts: [['gatepost/jmap-scan', 'Ip', '192.0.2.79']],
    tell: (log) => {
      for (let count = 0; count < 12; count += 1) {
        const kind = 'path_scan' as const
        log.events.jmapAbuse(log.from('192.0.2.79', 'jmap'), { kind, detail: `/${count}.php` })
        log.events.jmapAbuse(log.from('198.51.100.21', 'jmap'), { kind, detail: '/old' })
        log.pass(1)
      }
    },
  },
  'gatepost-jmap-abuse': {
    alerts: [['gatepost/jmap-abuse', 'Ip', '192.0.2.80']],
    tell: (log) => {
      for (let count = 0; count < 30; count += 1) {
        const attacker = log.from('192.0.2.80', 'jmap')
        if (count % 3 === 0)
          log.events.authFailed(attacker, { user: '', mechanism: 'BEARER', reason: 'malformed' })
        else {
          const kind = count % 3 === 1 ? 'limit' : 'malformed'
          log.events.jmapAbuse(attacker, { kind, detail: 'maxConcurrentRequests' })
        }
        log.pass(1)
      }
      for (let count = 0; count < 30; count += 1) {
        const client = log.from('198.51.100.22', 'jmap')
        log.events.jmapAbuse(client, { kind: 'limit', detail: 'maxSizeUpload' })
        log.pass(10)
      }
    },
  },
  'gatepost-connection-flood': {
    alerts: [
      ['gatepost/mail-connection-flood', 'Ip', '192.0.2.82'],
      ['gatepost/mail-connection-flood_ipv6', 'Range', '2001:db8::/64'],
    ],
    tell: (log) => {
      for (let count = 0; count < 30; count += 1) {
        log.events.connectionLimited(log.from('192.0.2.82'), { kind: 'per_address', open: 128 })
        log.events.slowClient(log.from('2001:db8::82', 'imap'), { kind: 'login' })
        if (count % 5 === 0)
          log.events.slowClient(log.from('198.51.100.23', 'jmap'), { kind: 'request' })
        log.pass(1)
      }
    },
  },
  /** The machine itself is not judged, whatever it does. */
  'gatepost-allow-list': {
    alerts: [],
    tell: (log) => {
      log.fail('127.0.0.1', 7)
      log.fail('::1', 7)
    },
  },
  /**
   * Where the hub's list of private networks is installed, as it is in the official image, nothing is detected from there, but what concerns an account
   * alone: an account that is taken over, behind Docker's gateway as well.
   */
  'gatepost-private-networks': {
    parsers: ['crowdsecurity/whitelists'],
    alerts: [
      ['gatepost/mail-outbound-burst', 'username', 'taken@example.test'],
      ['gatepost/mail-account-guessed', 'username', 'taken@example.test'],
      ['gatepost/mail-bf', 'Ip', '192.0.2.84'],
    ],
    tell: (log) => {
      for (const ip of ['10.1.2.3', '172.17.0.1', '192.168.1.1', '127.0.0.1'])
        log.fail(ip, 7, { user: `of-${ip}@example.test` })
      log.fail('172.17.0.1', 11, { user: 'taken@example.test', everySeconds: 70 })
      log.succeed('172.17.0.1', 'taken@example.test')
      const client = log.from('172.17.0.1')
      log.events.outboundBurst(client, { user: 'taken@example.test', recipients: 300, seconds: 9 })
      log.fail('192.0.2.84', 7)
    },
  },
  /** Events that are judged by their own time, as in these tests, may be of any age: the guard against old lines lets them through. */
  'gatepost-old-lines': {
    parsers: ['./parsers/s02-enrich/gatepost/mail-old-lines.yaml'],
    alerts: [['gatepost/mail-bf', 'Ip', '192.0.2.85']],
    tell: (log) => {
      log.fail('192.0.2.85', 7)
    },
  },
  /** What is no failure does not count, and nobody can put one into somebody else's name. */
  'gatepost-other-lines': {
    alerts: [],
    tell: (log) => {
      const victim =
        '{"log":"security","v":"1","event":"auth_failed","protocol":"smtp","ip":"192.0.2.99"}'
      const hostile = [
        `"}\n${victim}`,
        `x","ip":"192.0.2.99`,
        '\u001b[31mred\u001b]0;title\u0007',
        '\\u0022,"ip":"192.0.2.99"',
        'x'.repeat(65_536),
      ]
      for (const user of hostile) log.fail('192.0.2.70', 1, { user })
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
  },
  /** Judged by the time that the events had: scattered failures that are read in one go are no burst, and a line that is read again is no second failure. */
  'gatepost-event-time': {
    alerts: [['gatepost/mail-bf_ipv6', 'Range', '2001:db8::/64']],
    tell: (log) => {
      log.fail('198.51.100.9', 12, { everySeconds: 300 })
      const before = log.lines.length
      log.fail('198.51.100.10', 4)
      log.repeat(before)
      log.repeat(before)
      log.fail('2001:db8::68', 6)
    },
  },
}
