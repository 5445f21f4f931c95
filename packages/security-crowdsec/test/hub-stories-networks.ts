import type { AbuseKind, LimitKind, SlowKind } from '../src/index.ts'
import type { HubLog } from './hub-log.ts'
import type { HubStory } from './hub-stories.ts'

const sender = 'a@example.org'
/** The subscriber with the number; IPv6 addresses in it. */
function network(number: number): string {
  return `2001:db8:0:${number.toString(16)}::/64`
}
function member(number: number, host: number): string {
  return `2001:db8:0:${number.toString(16)}::${host.toString(16)}`
}

/** One address of the network after the other does what one address would be banned for. */
function fromMembers(times: number, act: (host: number) => void): void {
  for (let host = 1; host <= times; host += 1) act(host)
}

/** IPv6: a subscriber has a /64, and takes another address of it each time. */
export const networkStories: Readonly<Record<string, HubStory>> = {
  /** 200 guesses from 100 addresses of one /64 end in one decision on it. Two networks side by side are two subscribers. */
  'gatepost-ipv6-guesses': {
    alerts: [
      ['gatepost/mail-bf_ipv6', 'Range', network(1)],
      ['gatepost/mail-slow-bf_ipv6', 'Range', network(1)],
      ['gatepost/mail-password-spray_ipv6', 'Range', network(4)],
      ['gatepost/mail-login-enumeration_ipv6', 'Range', network(5)],
      ['gatepost/mail-slow-bf_ipv6', 'Range', network(6)],
    ],
    tell: (log) => {
      for (let count = 0; count < 200; count += 1) {
        // Within the minute in which the engine tells once.
        log.fail(member(1, count % 100), 1, { everySeconds: 0.2, user: 'guessed@example.test' })
      }
      for (const side of [2, 3])
        fromMembers(4, (host) => log.fail(member(side, host), 1, { user: 'two@example.test' }))
      fromMembers(7, (host) =>
        log.fail(member(4, host), 1, {
          user: `user${host}@example.test`,
          fingerprint: 'bbbbbbbb',
        }),
      )
      fromMembers(5, (host) =>
        log.fail(member(5, host), 1, {
          user: `nobody${host}@example.test`,
          reason: 'unknown_user',
          everySeconds: 130,
        }),
      )
      fromMembers(20, (host) =>
        log.fail(member(6, host), 1, { user: `u${host % 3}@example.test`, everySeconds: 600 }),
      )
    },
  },
  /** The same for what is no login. */
  'gatepost-ipv6-doors': {
    alerts: [
      ['gatepost/mail-recipient-dictionary_ipv6', 'Range', network(11)],
      ['gatepost/mail-relay-probe_ipv6', 'Range', network(12)],
      ['gatepost/mail-smuggling_ipv6', 'Range', network(13)],
      ['gatepost/mail-trap_ipv6', 'Range', network(14)],
      ['gatepost/jmap-abuse_ipv6', 'Range', network(15)],
      ['gatepost/jmap-scan_ipv6', 'Range', network(16)],
    ],
    tell: (log) => {
      const { events } = log
      fromMembers(7, (host) => {
        const recipient = `user${host}@example.test`
        events.unknownRecipient(log.from(member(11, host)), { sender, recipient })
        log.pass(1)
      })
      fromMembers(3, (host) => {
        const recipient = `probe${host}@example.com`
        events.relayDenied(log.from(member(12, host)), { sender, recipient })
        log.pass(1)
      })
      events.protocolAbuse(log.from(member(13, 1)), { kind: 'smuggling_attempt' })
      events.trapRecipient(log.from(member(14, 1)), { sender, recipient: 'trap@example.test' })
      fromMembers(25, (host) => {
        const client = log.from(member(15, host), 'jmap')
        events.jmapAbuse(client, { kind: 'malformed', detail: 'no JSON' })
        const scanner = log.from(member(16, host), 'jmap')
        events.jmapAbuse(scanner, { kind: 'path_scan', detail: `/${host % 12}.php` })
        log.pass(1)
      })
    },
  },
  /** Floods: connect and close, handshakes, somebody's share used up, listeners kept full, data a byte at a time, NOOP without end. */
  'gatepost-floods': {
    alerts: [
      ['gatepost/mail-connection-burst', 'Ip', '192.0.2.91'],
      ['gatepost/mail-connection-burst', 'Ip', '192.0.2.92'],
      ['gatepost/mail-connection-burst_ipv6', 'Range', network(22)],
      ['gatepost/mail-connection-flood', 'Ip', '192.0.2.93'],
      ['gatepost/mail-connection-flood', 'Ip', '192.0.2.94'],
      ['gatepost/mail-connection-flood', 'Ip', '192.0.2.95'],
      ['gatepost/mail-connection-flood_full', 'Ip', '192.0.2.96'],
      ['gatepost/mail-connection-flood_full', 'Ip', '192.0.2.97'],
      ['gatepost/mail-connection-flood_full_ipv6', 'Range', network(23)],
      ['gatepost/mail-protocol-abuse', 'Ip', '192.0.2.98'],
    ],
    tell: (log) => {
      for (let round = 1; round <= 3; round += 1) {
        burst(log, '192.0.2.91', 'connections', round)
        burst(log, '192.0.2.92', 'handshakes', round)
        burst(log, member(22, round), 'handshakes', round)
      }
      // Everybody comes back at once after an outage, and that is all.
      burst(log, '198.51.100.31', 'connections', 1)
      for (let count = 0; count < 80; count += 1) {
        if (count % 2 === 0) {
          limited(log, '192.0.2.93', 'logins')
          limited(log, '192.0.2.94', 'data')
          slow(log, '192.0.2.95', 'data')
        }
        for (const each of [1, 2]) {
          limited(log, '192.0.2.96', 'per_network')
          limited(log, '192.0.2.97', 'per_listener')
          limited(log, member(23, each), 'per_network')
        }
        // A phone that finds the door full, and tries again.
        if (count % 4 === 0) limited(log, '198.51.100.32', 'per_listener')
        log.pass(1)
      }
      const idle: readonly AbuseKind[] = ['idle_commands', 'idle_commands', 'idle_commands']
      for (const kind of idle) {
        log.events.protocolAbuse(log.from('192.0.2.98'), { kind, detail: 'NOOP' })
        log.pass(1)
      }
    },
  },
}

function burst(
  log: HubLog,
  ip: string,
  kind: 'connections' | 'handshakes',
  multiple: number,
): void {
  log.events.connectionBurst(log.from(ip), { kind, count: 200 * multiple, seconds: 5 })
  log.pass(1)
}
function limited(log: HubLog, ip: string, kind: LimitKind): void {
  log.events.connectionLimited(log.from(ip), { kind, open: 64 })
}
function slow(log: HubLog, ip: string, kind: SlowKind): void {
  log.events.slowClient(log.from(ip), { kind })
}
