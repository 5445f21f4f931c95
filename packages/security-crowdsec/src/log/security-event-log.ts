import type { Clock } from '@gatepost/core'
import type { LogDestination } from '@gatepost/telemetry'

import type { AuthFailureLog, SecurityContext } from './auth-failure-log.ts'
import { printable } from './printable.ts'

/** Of the shape of the lines: the parser in crowdsec/ is written for it. */
export const securityLogVersion = '1'

// At most five values of an event are not ours: a line stays under 2 KiB, which every reader of logs takes in one piece.
const maxValueBytes = 320

type Fields = Readonly<Record<string, string | undefined>>

/** Writes one flat JSON object per event; every value is a string, `log` comes first so that a reader can skip other lines cheaply. */
export class SecurityEventLog implements AuthFailureLog {
  readonly #destination: LogDestination
  readonly #clock: Clock

  constructor(destination: LogDestination, clock: Clock) {
    this.#destination = destination
    this.#clock = clock
  }

  authFailed: AuthFailureLog['authFailed'] = (context, { user, mechanism, reason }) =>
    this.#write('auth_failed', context, { user, mechanism, reason })

  authSucceeded: AuthFailureLog['authSucceeded'] = (context, { user, mechanism }) =>
    this.#write('auth_success', context, { user, mechanism })

  unknownRecipient: AuthFailureLog['unknownRecipient'] = (context, { sender, recipient }) =>
    this.#write('rcpt_unknown', context, { sender, recipient })

  relayDenied: AuthFailureLog['relayDenied'] = (context, { sender, recipient }) =>
    this.#write('relay_denied', context, { sender, recipient })

  protocolAbuse: AuthFailureLog['protocolAbuse'] = (context, { kind, detail }) =>
    this.#write('protocol_abuse', context, { kind, detail })

  blocked: AuthFailureLog['blocked'] = (context, { decision }) =>
    this.#write('blocked', context, decisionFields(decision))

  sessionCut: AuthFailureLog['sessionCut'] = (context, { decision, user }) =>
    this.#write('session_cut', context, { ...decisionFields(decision), user })

  #write(event: string, context: SecurityContext, fields: Fields): void {
    const line: Fields = {
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
      ...fields,
    }
    this.#destination.write(`${JSON.stringify(line, printableValue)}\n`)
  }
}

function decisionFields(decision: Parameters<AuthFailureLog['blocked']>[1]['decision']): Fields {
  const { id, type, value, scenario, origin } = decision
  return { decision: String(id), type, value, scenario, origin }
}

function printableValue(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? printable(value, maxValueBytes) : value
}
