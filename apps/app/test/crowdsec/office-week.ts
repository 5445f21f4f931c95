import { parseIp, type Clock, type IpAddress } from '@gatepost/core'
import { defaultGateLimits, KnownClients, Turnstile } from '@gatepost/gate'
import {
  SecurityEventLog,
  type AuthFailed,
  type SecurityContext,
} from '@gatepost/security-crowdsec'

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

/** One thing that somebody does, at a time of the week in milliseconds. */
interface Deed {
  readonly at: number
  readonly act: () => void
}

export interface OfficeWeekOptions {
  readonly address: string
  readonly people: number
  /** The time of Monday, 0:00. */
  readonly monday: number
  /** 0 to 1; the same numbers make the same week. */
  readonly random: () => number
  readonly hasAttacker: boolean
  readonly write: (line: string) => void
}

type Protocol = 'smtp' | 'imap' | 'jmap'

/**
 * A week of an office behind one address, in accelerated time: what its mail programs do goes through the server's own counts of connections and through its
 * security log, with a driven clock. Lines come out as the server would have written them.
 */
export class OfficeWeek {
  readonly #options: OfficeWeekOptions
  readonly #address: IpAddress
  readonly #clock: Clock
  readonly #log: SecurityEventLog
  readonly #known: KnownClients
  readonly #turnstile: Turnstile
  readonly #deeds: Deed[] = []
  #now: number
  #session = 0
  /** Connections and logins that the server turned away. */
  refused = 0

  constructor(options: OfficeWeekOptions) {
    this.#options = options
    this.#now = options.monday
    const address = parseIp(options.address)
    if (address === undefined) throw new Error(options.address)
    this.#address = address
    this.#clock = { now: () => this.#now, monotonic: () => this.#now - options.monday + day }
    this.#log = new SecurityEventLog({ write: options.write }, this.#clock)
    this.#known = new KnownClients(this.#clock)
    this.#turnstile = new Turnstile({
      clock: this.#clock,
      limits: defaultGateLimits,
      security: this.#log,
    })
  }

  /** Everything in the order of time. */
  play(): void {
    this.#plan()
    for (const { at, act } of this.#deeds.toSorted((a, b) => a.at - b.at)) {
      this.#now = this.#options.monday + at
      act()
    }
  }

  static accountOf(person: number): string {
    return `person${person}@example.test`
  }

  #plan(): void {
    for (let person = 0; person < this.#options.people; person += 1) {
      this.#firstMonday(person)
      for (let weekday = 0; weekday < 5; weekday += 1) this.#workday(person, weekday * day)
      this.#phone(person)
    }
    this.#passwordChanges()
    this.#newPhones()
    this.#imapsync()
    this.#outage()
    this.#monitoring()
    if (this.#options.hasAttacker) this.#attacker()
  }

  /** Thunderbird's wizard, as it guesses; a third of the people mistype their password once or twice. */
  #firstMonday(person: number): void {
    const user = OfficeWeek.accountOf(person)
    const start = 8 * hour + person * 2 * minute
    const name = user.slice(0, user.indexOf('@'))
    for (const [step, guess] of [name, `${name}@mail.example.test`].entries())
      for (const protocol of ['imap', 'smtp'] as const)
        this.#at(start + step * 1000, () =>
          this.#fail(protocol, {
            user: guess,
            reason: 'incomplete_user',
            fingerprint: `${person}`,
          }),
        )
    for (let count = 0; count < person % 3; count += 1)
      this.#at(start + (5 + count) * 1000, () => this.#mistype('imap', user))
    this.#at(start + 20_000, () => this.#login('imap', user, 4))
    this.#at(start + 21_000, () => this.#login('smtp', user))
  }

  /** Mail programs in the morning and after the lunch break, mail sent now and then, webmail with a slip of the finger. */
  #workday(person: number, at: number): void {
    const user = OfficeWeek.accountOf(person)
    for (const start of [8.5 * hour, 13 * hour])
      this.#at(at + start + this.#spread(30 * minute), () => this.#login('imap', user, 4))
    for (let mail = 0; mail < 12; mail += 1)
      this.#at(at + 9 * hour + this.#spread(8 * hour), () => this.#login('smtp', user))
    const webmail = at + 10 * hour + this.#spread(6 * hour)
    if (this.#options.random() < 0.3) this.#at(webmail, () => this.#mistype('jmap', user))
    this.#at(webmail + 5000, () => this.#login('jmap', user))
  }

  /** Every half hour by day and night, over the office's wireless network. */
  #phone(person: number): void {
    for (let at = 8.6 * hour; at < 7 * day; at += 30 * minute)
      this.#at(at + this.#spread(20 * minute), () =>
        this.#login('imap', OfficeWeek.accountOf(person)),
      )
  }

  /** Tuesday: ten people change their password; their other devices try the old one each minute until the evening. */
  #passwordChanges(): void {
    for (let person = 0; person < 10; person += 1) {
      const [user, fingerprint] = [OfficeWeek.accountOf(person), `old${person}`]
      for (const [device, protocol] of (['imap', 'imap', 'smtp', 'jmap'] as const).entries())
        for (let at = 9 * hour; at < 17 * hour; at += minute)
          this.#at(day + at + device * 7000 + person * 100, () =>
            this.#fail(protocol, { user, reason: 'bad_password', fingerprint }),
          )
    }
  }

  /** Wednesday: five new phones, which do not like the certificate first, then the password as it is remembered, then the right one. */
  #newPhones(): void {
    for (let person = 10; person < 15; person += 1) {
      const user = OfficeWeek.accountOf(person)
      const start = 2 * day + 12 * hour + person * minute
      for (let count = 0; count < 12; count += 1)
        this.#at(start + count * 2000, () => {
          const context = this.#connect('imap')
          if (context !== undefined)
            this.#log.protocolAbuse(context, {
              kind: 'tls_handshake_failed',
              detail: 'tlsv1 alert unknown ca',
            })
        })
      for (let count = 0; count < 4; count += 1)
        this.#at(start + 30_000 + count * 5000, () => this.#mistype('imap', user))
      this.#at(start + minute, () => this.#login('imap', user, 2))
    }
  }

  /** Wednesday night: somebody moves old mail here, with a login for each folder, and a client that holds thirty connections. */
  #imapsync(): void {
    for (let login = 0; login < 800; login += 1)
      this.#at(2 * day + 20 * hour + login * 2000, () =>
        this.#login('imap', OfficeWeek.accountOf(20)),
      )
    this.#at(2 * day + 21 * hour, () => this.#login('imap', OfficeWeek.accountOf(21), 30))
  }

  /** Thursday, 11:00: the line was away, and every program comes back within ten seconds. */
  #outage(): void {
    for (let person = 0; person < this.#options.people; person += 1)
      for (const protocol of ['imap', 'imap', 'jmap'] as const)
        this.#at(3 * day + 11 * hour + this.#spread(10_000), () =>
          this.#login(protocol, OfficeWeek.accountOf(person), protocol === 'jmap' ? 1 : 2),
        )
  }

  /** A probe that connects each minute and leaves. */
  #monitoring(): void {
    for (let at = 0; at < 7 * day; at += minute) this.#at(at, () => void this.#connect('smtp'))
  }

  /** Friday: somebody in the office guesses at one account, fast, then tries three passwords at each account, then slowly again. */
  #attacker(): void {
    const friday = 4 * day + 10 * hour
    for (let guess = 0; guess < 60; guess += 1)
      this.#at(friday + guess * 1000, () => this.#guess('imap', 49, `fast${guess}`))
    for (let guess = 0; guess < 90; guess += 1)
      this.#at(friday + hour + guess * 2000, () =>
        this.#guess('smtp', guess % 30, `spray${Math.floor(guess / 30)}`),
      )
  }

  #guess(protocol: Protocol, person: number, fingerprint: string): void {
    const user = OfficeWeek.accountOf(person)
    this.#fail(protocol, { user, reason: 'bad_password', fingerprint })
  }

  #mistype(protocol: Protocol, user: string): void {
    const fingerprint = `slip${Math.floor(this.#options.random() * 1e9)}`
    this.#fail(protocol, { user, reason: 'bad_password', fingerprint })
  }

  #fail(protocol: Protocol, failure: Omit<AuthFailed, 'mechanism'>): void {
    const context = this.#connect(protocol)
    if (context !== undefined) this.#log.authFailed(context, { ...failure, mechanism: 'PLAIN' })
  }

  #login(protocol: Protocol, user: string, connections = 1): void {
    for (let count = 0; count < connections; count += 1) {
      const context = this.#connect(protocol)
      if (context === undefined) continue
      this.#known.loggedIn(user, this.#address)
      this.#log.authSucceeded(context, { user, mechanism: 'PLAIN' })
    }
  }

  /** Undefined: turned away. */
  #connect(protocol: Protocol): SecurityContext | undefined {
    this.#session += 1
    const known = this.#known.knownFor(this.#address)
    const listener = { smtp: 'submissions', imap: 'imaps', jmap: 'https' }[protocol]
    const context: SecurityContext = {
      protocol,
      listener,
      ip: this.#address.text,
      port: 1024 + (this.#session % 60_000),
      session: `c${this.#session.toString(36)}`,
      isTls: true,
      known,
    }
    const guest = { listener, address: this.#address, known, isProxy: false }
    const isRefused =
      this.#turnstile.refuses(guest, context) ||
      this.#turnstile.isTooFast('handshakes', this.#address, context)
    if (isRefused) this.refused += 1
    return isRefused ? undefined : context
  }

  #at(at: number, act: () => void): void {
    this.#deeds.push({ at, act })
  }

  #spread(within: number): number {
    return this.#options.random() * within
  }
}
