import { setTimeout as pause } from 'node:timers/promises'

import {
  networkAround,
  subscriberOf,
  type Access,
  type IpAddress,
  type TurnSource,
} from '@gatepost/core'
import { isEnding, type GateConnection, type LoginPorts } from '@gatepost/gate'
import { canonicalUser } from '@gatepost/security-crowdsec'
import type {
  AuthFailed,
  Decision,
  FilterAction,
  SecurityContext,
} from '@gatepost/security-crowdsec'

import type { AuthenticationResult, Authenticator } from './authenticator.ts'
import { GuessLanes } from './guess-lanes.ts'

/** Who tries to log in. */
export interface LoginClient {
  readonly listener: string
  readonly address: IpAddress
  readonly security: SecurityContext
  /** He has been refused because of a decision. */
  refused(decision: Decision, action: FilterAction): void
}

export interface LoginAttempt {
  /** As the client wrote it. */
  readonly user: string
  readonly password: string
  readonly mechanism: string
}

export type LoginOutcome =
  | Extract<AuthenticationResult, { kind: 'authenticated' }>
  /** Wrong; it has been reported. */
  | { readonly kind: 'refused' }
  /** A decision on the account: try again later, whatever the password (SMTP 454 4.7.0, IMAP [UNAVAILABLE], HTTP 429). */
  | { readonly kind: 'blocked' }
  /** Too many checks are waiting: try again later. */
  | { readonly kind: 'busy' }

export interface LoginsOptions extends LoginPorts {
  readonly authenticator: Pick<Authenticator, 'authenticate' | 'nameOf' | 'remembers' | 'waitingOf'>
}

/** Logins of every protocol: decisions on the account before the password, one event for what came of it. */
export class Logins {
  readonly #options: LoginsOptions
  readonly #lanes = new GuessLanes()

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  /** A success is the caller's to tell: `succeeded`. */
  async attempt(client: LoginClient, asWritten: LoginAttempt): Promise<LoginOutcome> {
    const { authenticator, judge } = this.#options
    // Decisions and events are on the account, however its name was written.
    const attempt = { ...asWritten, user: await authenticator.nameOf(asWritten.user) }
    const { user, password } = attempt
    const judgement = judge.user(client.listener, user, client.address)
    if (isEnding(judgement) || judgement.kind === 'challenge') {
      client.refused(judgement.decision, 'refused')
      return { kind: 'blocked' }
    }
    // Who repeats what was right just now guesses nothing: over HTTP every request of the owner's is a login.
    if (judgement.kind !== 'slow' || (await authenticator.remembers(user, password)))
      return this.#check(client, attempt)
    client.refused(judgement.decision, 'throttled')
    const leave = await this.#lanes.enter(canonicalUser(user) ?? user, this.#sourceOf(client))
    if (leave === undefined) return { kind: 'blocked' }
    try {
      await pause(this.#options.slowMs)
      return await this.#check(client, attempt)
    } finally {
      leave()
    }
  }

  async #check(client: LoginClient, attempt: LoginAttempt): Promise<LoginOutcome> {
    const { authenticator, security } = this.#options
    const { user, password, mechanism } = attempt
    const source = this.#sourceOf(client)
    const result = await authenticator.authenticate(user, password, source)
    if (result.kind === 'authenticated') return result
    if (result.kind === 'busy') {
      const open = authenticator.waitingOf(source.key)
      security.connectionLimited(client.security, { kind: 'logins', open })
      return result
    }
    const { reason, fingerprint } = result
    this.failed(client, { user, mechanism, reason, fingerprint })
    return { kind: 'refused' }
  }

  /** Strangers wait by network, of IPv6 by that of several sites, since one of 256 sites is cheap; who is known has a queue of its own. */
  #sourceOf({ address }: LoginClient): TurnSource {
    const isKnown = this.#options.known.knownFor(address) === 'login'
    const network = networkAround(address, address.family === 4 ? 24 : 40)
    return { key: isKnown ? subscriberOf(address).text : network.text, isKnown }
  }

  /** An attempt that never came to a password is one too. */
  failed(client: LoginClient, event: AuthFailed): void {
    this.#options.security.authFailed(client.security, event)
    this.#options.filter.noteAuthFailure(client.address)
  }

  succeeded(
    client: LoginClient,
    { access, mechanism }: Pick<LoginAttempt, 'mechanism'> & { readonly access: Access },
  ): void {
    const { name: user } = access.principal
    this.#options.security.authSucceeded(client.security, { user, mechanism })
    this.#options.known.loggedIn(user, client.address)
    if (client.security.isTls) this.#options.filter.noteStrongLogin(user, client.address)
  }
}

/** The client of a connection that is his alone. */
export function loginClientOf(connection: GateConnection): LoginClient {
  const { listener, remote, securityContext } = connection
  return {
    listener,
    address: remote,
    security: securityContext,
    refused: (decision, action) => connection.refused(decision, action),
  }
}
