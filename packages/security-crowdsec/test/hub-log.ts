import { SecurityEventLog, type AuthFailed, type SecurityContext } from '../src/index.ts'

/** Writes the log of a hub test with the code that writes the server's: every line has its second. */
/** Those of the product. */
export type LoggedProtocol = 'smtp' | 'imap' | 'jmap'

export class HubLog {
  readonly lines: string[] = []
  readonly events: SecurityEventLog
  #now = Date.UTC(2026, 0, 2, 3, 4, 0)
  #sessions = 0
  #passwords = 0

  constructor() {
    this.events = new SecurityEventLog(
      { write: (line) => this.lines.push(line.trimEnd()) },
      { now: () => this.#now, monotonic: () => this.#now },
    )
  }

  get text(): string {
    return `${this.lines.join('\n')}\n`
  }

  pass(seconds: number): void {
    this.#now += seconds * 1000
  }

  /** A new connection from the address, which is what most attackers use for each try. */
  from(
    ip: string,
    protocol: LoggedProtocol = 'smtp',
    known?: SecurityContext['known'],
  ): SecurityContext {
    this.#sessions += 1
    const listener = { smtp: 'submissions', imap: 'imaps', jmap: 'https' }[protocol]
    const session = `c${this.#sessions}`
    return { protocol, listener, ip, port: 40_000, session, isTls: true, known }
  }

  /** One failed login per second, on each protocol in turn, with a password that was not tried before unless told otherwise. */
  fail(
    ip: string,
    times: number,
    more: Partial<AuthFailed> & { everySeconds?: number } = {},
  ): void {
    const { everySeconds = 1, ...event } = more
    for (let count = 0; count < times; count += 1) {
      const protocol = (['smtp', 'imap', 'jmap'] as const)[count % 3]
      this.#passwords += 1
      this.events.authFailed(this.from(ip, protocol), {
        user: 'me@example.test',
        mechanism: 'PLAIN',
        reason: 'bad_password',
        fingerprint: this.#passwords.toString(16).padStart(8, '0'),
        ...event,
      })
      this.pass(everySeconds)
    }
  }

  succeed(ip: string, user = 'me@example.test'): void {
    this.events.authSucceeded(this.from(ip, 'imap'), { user, mechanism: 'PLAIN' })
    this.pass(1)
  }

  /** As a log that is read again from `start` on. */
  repeat(start: number): void {
    this.lines.push(...this.lines.slice(start))
  }

  raw(...lines: readonly string[]): void {
    this.lines.push(...lines)
  }
}
