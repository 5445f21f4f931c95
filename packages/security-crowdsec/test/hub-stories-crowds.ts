import type { HubLog } from './hub-log.ts'
import type { HubStory } from './hub-stories.ts'

const office = '198.51.100.40'
const sender = 'a@example.org'

/** As Thunderbird's wizard does it: names that are guessed, the bare name over PLAIN and LOGIN, and then the right one. */
function setUp(log: HubLog, ip: string, name: string, guessed: readonly string[]): void {
  const fingerprint = Buffer.from(name).toString('hex').padStart(8, '0').slice(0, 8)
  for (const user of guessed) log.fail(ip, 2, { user, reason: 'unknown_user', fingerprint })
  log.fail(ip, 2, { user: name, reason: 'incomplete_user', fingerprint })
  log.succeed(ip, `${name}@example.test`)
}
/** Three people are enough of a crowd. */
function openOffice(log: HubLog, ip: string): void {
  for (const user of ['ann', 'bob', 'eve']) log.succeed(ip, `${user}@example.test`)
}
function everyDoor(log: HubLog, ip: string, known: 'login' | 'mail'): void {
  const { events } = log
  for (let count = 0; count < 30; count += 1) {
    if (known === 'login') {
      events.connectionLimited(log.from(ip, 'imap', known), { kind: 'per_address', open: 128 })
      events.slowClient(log.from(ip, 'jmap', known), { kind: 'request' })
      events.jmapAbuse(log.from(ip, 'jmap', known), { kind: 'limit', detail: 'maxSizeUpload' })
      const detail = `/calendars/user${count}/`
      events.jmapAbuse(log.from(ip, 'jmap', known), { kind: 'path_scan', detail })
    } else {
      const client = log.from(ip, 'smtp', known)
      events.protocolAbuse(client, { kind: 'smuggling_attempt' })
      events.protocolAbuse(log.from(ip, 'smtp', known), { kind: 'too_many_errors' })
      const recipient = `user${count}@example.test`
      events.unknownRecipient(client, { sender, recipient })
      events.trapRecipient(client, { sender, recipient: 'trap@example.test' })
      events.relayDenied(client, { sender, recipient: `user${count}@example.com` })
      events.connectionLimited(client, { kind: 'data', open: 9 })
      events.slowClient(client, { kind: 'data' })
    }
    log.pass(1)
  }
}

/** Many honest people behind one address, and what an attacker among them comes to. */
export const crowdStories: Readonly<Record<string, HubStory>> = {
  /** Twenty people set up their mail program in an hour, each with names that do not exist before the right one. Five invented names and no success are a search. */
  'gatepost-office-setup': {
    alerts: [
      ['gatepost/mail-login-enumeration', 'Ip', '192.0.2.41'],
      ['gatepost/mail-login-enumeration', 'Ip', '192.0.2.42'],
      ['gatepost/mail-password-spray', 'Ip', '192.0.2.42'],
      ['gatepost/mail-slow-bf', 'Ip', '192.0.2.42'],
    ],
    tell: (log) => {
      for (let person = 0; person < 20; person += 1) {
        setUp(log, office, `person${person}`, [`person${person}@mail.example.test`, `p${person}`])
        log.pass(150)
      }
      for (let count = 0; count < 5; count += 1) {
        const user = `invented${count}@example.test`
        log.fail('192.0.2.41', 1, { user, reason: 'unknown_user' })
      }
      // With an account of his own: three of his logins a day forgive, no more.
      for (let round = 0; round < 10; round += 1) {
        for (const name of ['x', 'y'])
          log.fail('192.0.2.42', 1, {
            user: `${name}${round}@example.test`,
            reason: 'unknown_user',
            fingerprint: 'dddddddd',
          })
        log.succeed('192.0.2.42', 'mallory@example.test')
      }
    },
  },
  /** Monday in an office that is known: passwords changed, phones with the old one, somebody who has forgotten his. */
  'gatepost-office-monday': {
    alerts: [],
    tell: (log) => {
      openOffice(log, office)
      for (let person = 0; person < 50; person += 1) {
        const user = `person${person}@example.test`
        const old = person.toString(16).padStart(8, 'a')
        // A phone and a notebook with the password of last week, for a while.
        log.fail(office, 4, { user, fingerprint: old, everySeconds: 20 })
        log.succeed(office, user)
      }
      log.fail(office, 8, { user: 'person7@example.test', everySeconds: 10 })
      log.succeed(office, 'person7@example.test')
    },
  },
  /** An attacker in the office: the accounts that he tries are slowed, and nobody's address is banned, until it is too much for any office. */
  'gatepost-office-attacker': {
    alerts: [
      ['gatepost/mail-bf_shared', 'username', 'boss@example.test'],
      ...Array.from(
        { length: 11 },
        (_, count) =>
          [
            'gatepost/mail-password-spray_shared',
            'username',
            `staff${count}@example.test`,
          ] as const,
      ),
      ['gatepost/mail-slow-bf_shared', 'Ip', '198.51.100.42'],
      ['gatepost/mail-slow-bf_shared_ipv6', 'Range', '2001:db8:0:42::/64'],
    ],
    tell: (log) => {
      openOffice(log, office)
      log.fail(office, 12, { user: 'boss@example.test' })
      openOffice(log, '198.51.100.41')
      for (let count = 0; count < 11; count += 1)
        log.fail('198.51.100.41', 1, { user: `staff${count}@example.test` })
      for (const ip of ['198.51.100.42', '2001:db8:0:42::1']) {
        openOffice(log, ip)
        for (let count = 0; count < 125; count += 1)
          log.fail(ip, 1, { user: `one${count % 8}@example.test`, everySeconds: 80 })
      }
    },
  },
  /** Who is known for good mail, or for logins, is not banned for what any of his customers or users can cause. */
  'gatepost-known-sources': {
    alerts: [
      ['gatepost/mail-connection-burst', 'Ip', '198.51.100.50'],
      ['gatepost/mail-recipient-dictionary', 'Ip', '198.51.100.52'],
    ],
    tell: (log) => {
      everyDoor(log, '198.51.100.50', 'mail')
      everyDoor(log, '198.51.100.51', 'login')
      // No mail server floods; of an office with a flooder in it the server's own bound is enough.
      for (const [ip, known] of [
        ['198.51.100.50', 'mail'],
        ['198.51.100.51', 'login'],
      ] as const)
        for (const count of [200, 400, 600])
          log.events.connectionBurst(log.from(ip, 'imap', known), {
            kind: 'connections',
            count,
            seconds: 5,
          })
      for (let count = 0; count < 7; count += 1) {
        const recipient = `user${count}@example.test`
        const client = log.from('198.51.100.52', 'smtp', 'login')
        log.events.unknownRecipient(client, { sender, recipient })
        log.pass(1)
      }
    },
  },
}
