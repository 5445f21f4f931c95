import { parseIp, subscriberOf, type Clock } from '@gatepost/core'
import type { LogDestination } from '@gatepost/telemetry'

import { canonicalUser } from '../filter/user-name.ts'
import type { AuthFailureLog, SecurityContext } from './auth-failure-log.ts'
import { Forgiveness } from './forgiveness.ts'
import { defaultLineBudget, LineBudget, type LineBudgetOptions } from './line-budget.ts'
import { printable } from './printable.ts'
import { RepeatedPasswords } from './repeated-passwords.ts'
import type { EventFields, EventName } from './security-event-fields.ts'
import { SharedSources } from './shared-sources.ts'
import { WrongPasswords } from './wrong-passwords.ts'

/** Of the shape of the lines: the parser in crowdsec/ is written for it. */
export const securityLogVersion = '1'

// At most five values of an event are not ours: a line stays under 2 KiB, which every reader of logs takes in one piece.
const maxValueBytes = 320

// One for each login or session that there was, which have bounds of their own.
const alwaysWritten: ReadonlySet<EventName> = new Set([
  'auth_success',
  'session_cut',
  'outbound_burst',
])

/** Writes one flat JSON object per event; every value is a string. What one source causes of one kind is bounded: see `LineBudget`. */
export class SecurityEventLog implements AuthFailureLog {
  readonly #destination: LogDestination
  readonly #clock: Clock
  readonly #budget: LineBudget
  readonly #wrong: WrongPasswords
  readonly #forgiveness: Forgiveness
  readonly #shared: SharedSources
  readonly #repeated: RepeatedPasswords

  constructor(
    destination: LogDestination,
    clock: Clock,
    budget: LineBudgetOptions = defaultLineBudget,
  ) {
    this.#destination = destination
    this.#clock = clock
    this.#budget = new LineBudget(budget)
    this.#wrong = new WrongPasswords(clock)
    this.#forgiveness = new Forgiveness(clock)
    this.#shared = new SharedSources(clock)
    this.#repeated = new RepeatedPasswords(clock)
  }

  authFailed: AuthFailureLog['authFailed'] = (context, event) => {
    const { mechanism, reason, fingerprint } = event
    const user = oneSpelling(event.user)
    const source = sourceOf(context.ip)
    this.#forgiveness.failed(source)
    if (reason === 'bad_password' && fingerprint !== undefined)
      this.#wrong.add(source, user, fingerprint)
    this.#write('auth_failed', context, {
      user,
      mechanism,
      reason,
      pwfp: fingerprint,
      shared: this.#shared.isShared(source) ? 'yes' : undefined,
      again:
        fingerprint !== undefined && this.#repeated.isAgain(source, user, fingerprint)
          ? 'yes'
          : undefined,
    })
  }

  authSucceeded: AuthFailureLog['authSucceeded'] = (context, { user: name, mechanism }) => {
    const user = oneSpelling(name)
    const source = sourceOf(context.ip)
    const guesses = this.#wrong.take(source, user)
    this.#shared.loggedIn(source, user)
    this.#write('auth_success', context, {
      user,
      mechanism,
      guesses: guesses === 0 ? undefined : String(guesses),
      forgives: this.#forgiveness.isForgiven(source, user) ? 'yes' : undefined,
    })
  }

  unknownRecipient: AuthFailureLog['unknownRecipient'] = (context, { sender, recipient }) =>
    this.#write('rcpt_unknown', context, { sender, recipient })

  trapRecipient: AuthFailureLog['trapRecipient'] = (context, { sender, recipient }) =>
    this.#write('trap_rcpt', context, { sender, recipient })

  relayDenied: AuthFailureLog['relayDenied'] = (context, { sender, recipient }) =>
    this.#write('relay_denied', context, { sender, recipient })

  addressProbed: AuthFailureLog['addressProbed'] = (context, { command, recipient }) =>
    this.#write('address_probe', context, { kind: command.toLowerCase(), recipient })

  heloSpoofed: AuthFailureLog['heloSpoofed'] = (context, { kind, helo }) =>
    this.#write('helo_spoof', context, { kind, detail: helo })

  connectionLimited: AuthFailureLog['connectionLimited'] = (context, { kind, open }) =>
    this.#write('conn_limit', context, { kind, detail: `${open} open` })

  connectionBurst: AuthFailureLog['connectionBurst'] = (context, { kind, count, seconds }) =>
    this.#write('conn_burst', context, { kind, count: String(count), seconds: String(seconds) })

  slowClient: AuthFailureLog['slowClient'] = (context, { kind }) =>
    this.#write('slow_client', context, { kind })

  protocolAbuse: AuthFailureLog['protocolAbuse'] = (context, { kind, detail }) =>
    this.#write('protocol_abuse', context, { kind, detail })

  jmapAbuse: AuthFailureLog['jmapAbuse'] = (context, { kind, detail }) =>
    this.#write('jmap_abuse', context, { kind, detail })

  outboundBurst: AuthFailureLog['outboundBurst'] = (context, { user, recipients, seconds }) =>
    this.#write('outbound_burst', context, {
      user: oneSpelling(user),
      recipients: String(recipients),
      seconds: String(seconds),
    })

  blocked: AuthFailureLog['blocked'] = (context, { decision }) =>
    this.#write('blocked', context, decisionFields(decision))

  sessionCut: AuthFailureLog['sessionCut'] = (context, { decision, user }) =>
    this.#write('session_cut', context, { ...decisionFields(decision), user })

  #write<E extends EventName>(event: E, context: SecurityContext, fields: EventFields<E>): void {
    const network = sourceNetOf(context.ip)
    const suppressed = alwaysWritten.has(event)
      ? 0
      : this.#budget.take(`${event} ${network ?? context.ip}`, this.#clock.monotonic())
    if (suppressed === undefined) return
    const line = {
      log: 'security',
      v: securityLogVersion,
      time: new Date(this.#clock.now()).toISOString(),
      event,
      protocol: context.protocol,
      listener: context.listener,
      ip: context.ip,
      port: String(context.port),
      session: context.session,
      tls: context.isTls ? 'yes' : 'no',
      ...(network === undefined ? {} : { source_net: network }),
      ...(context.known === undefined ? {} : { known: context.known }),
      ...fields,
      ...(suppressed === 0 ? {} : { suppressed: String(suppressed) }),
    }
    this.#destination.write(`${JSON.stringify(line, printableValue)}\n`)
  }
}

/** Whoever varies the case of a login tries the same one, and a decision on it has to find the account. */
function oneSpelling(user: string): string {
  return canonicalUser(user) ?? user
}

/** Undefined for IPv4, where the address is the source, and for the machine itself: `::/64` is nobody's network. */
function sourceNetOf(ip: string): string | undefined {
  const address = ip.includes(':') && ip !== '::1' ? parseIp(ip) : undefined
  return address === undefined ? undefined : subscriberOf(address).text
}

/** Who is counted as one. */
function sourceOf(ip: string): string {
  return sourceNetOf(ip) ?? ip
}

function decisionFields(
  decision: Parameters<AuthFailureLog['blocked']>[1]['decision'],
): EventFields<'blocked'> {
  const { id, type, value, scenario, origin } = decision
  return { decision: String(id), type, value, scenario, origin }
}

function printableValue(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? printable(value, maxValueBytes) : value
}
