import { setTimeout as pause } from 'node:timers/promises'

import {
  networkAround,
  subscriberOf,
  type Access,
  type IpAddress,
  type LoginProtocol,
  type ScramParameters,
  type TurnSource,
} from '@gatepost/core'
import { isEnding, type GateConnection, type Judgement, type LoginPorts } from '@gatepost/gate'
import { canonicalUser } from '@gatepost/security-crowdsec'
import type {
  AuthFailed,
  Decision,
  FilterAction,
  SecurityContext,
} from '@gatepost/security-crowdsec'

import type { SaslMechanism } from '../sasl/exchange.ts'
import { offeredMechanisms } from '../sasl/mechanisms.ts'
import type { TlsFacts } from '../sasl/tls-facts.ts'
import type { Authenticated } from './authentication-result.ts'
import type { Authenticator, IdentifiedEvidence } from './authenticator.ts'
import type { Evidence } from './evidence.ts'
import { GuessLanes } from './guess-lanes.ts'

/** Who tries to log in. */
export interface LoginClient {
  /** What it wants to get into. */
  readonly protocol: LoginProtocol
  readonly listener: string
  readonly address: IpAddress
  readonly security: SecurityContext
  /** He has been refused because of a decision. */
  refused(decision: Decision, action: FilterAction): void
}

export type LoginOutcome =
  | Authenticated
  /** Wrong; it has been reported. */
  | { readonly kind: 'refused' }
  /** A decision on the account: try again later, whatever the password (SMTP 454 4.7.0, IMAP [UNAVAILABLE], HTTP 429). */
  | { readonly kind: 'blocked' }
  /** Too many checks are waiting: try again later. */
  | { readonly kind: 'busy' }

export interface LoginsOptions extends LoginPorts {
  readonly authenticator: Authenticator
}

/** Logins of every protocol: decisions on the account before the password, one event for what came of it. */
export class Logins {
  readonly #options: LoginsOptions
  readonly #lanes = new GuessLanes()

  constructor(options: LoginsOptions) {
    this.#options = options
  }

  /** A success is the caller's to tell: `succeeded`. */
  async attempt(client: LoginClient, asWritten: Evidence): Promise<LoginOutcome> {
    const { authenticator } = this.#options
    // Decisions and events are on the account, however its name was written.
    const evidence = await authenticator.identify(asWritten)
    const { user } = evidence
    const judgement = this.#judge(client, user)
    if (judgement === 'blocked') return { kind: 'blocked' }
    // Over HTTP every request of the owner's is a login.
    if (judgement.kind !== 'slow' || (await authenticator.isKnownRight(evidence)))
      return this.#check(client, evidence)
    client.refused(judgement.decision, 'throttled')
    const leave = await this.#lanes.enter(canonicalUser(user) ?? user, this.#sourceOf(client))
    if (leave === undefined) return { kind: 'blocked' }
    try {
      await pause(this.#options.slowMs)
      return await this.#check(client, evidence)
    } finally {
      leave()
    }
  }

  /** SASL mechanisms that this connection may use. */
  async mechanisms(tls: TlsFacts | undefined): Promise<readonly SaslMechanism[]> {
    if (tls === undefined) return []
    return offeredMechanisms({
      tls,
      hasScramKeys: await this.#options.authenticator.hasScramKeys(),
    })
  }

  /** What SCRAM begins with (RFC 5802 section 5), unless there is a decision on the account. */
  async scramParameters(
    client: LoginClient,
    asWritten: string,
  ): Promise<ScramParameters | { readonly kind: 'blocked' }> {
    const { authenticator } = this.#options
    const user = await authenticator.nameOf(asWritten)
    if (this.#judge(client, user) === 'blocked') return { kind: 'blocked' }
    return authenticator.scramParameters(user)
  }

  #judge(client: LoginClient, user: string): Judgement | 'blocked' {
    const judgement = this.#options.judge.user(client.listener, user, client.address)
    if (!isEnding(judgement) && judgement.kind !== 'challenge') return judgement
    client.refused(judgement.decision, 'refused')
    return 'blocked'
  }

  async #check(client: LoginClient, evidence: IdentifiedEvidence): Promise<LoginOutcome> {
    const { authenticator, security } = this.#options
    const { user, mechanism } = evidence
    const source = this.#sourceOf(client)
    const result = await authenticator.authenticate(evidence, { protocol: client.protocol, source })
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
    { access, mechanism }: { readonly access: Access; readonly mechanism: string },
  ): void {
    const { name: user } = access.principal
    this.#options.security.authSucceeded(client.security, { user, mechanism })
    this.#options.known.loggedIn(user, client.address)
    if (client.security.isTls) this.#options.filter.noteStrongLogin(user, client.address)
  }
}

/** The client of a connection that is his alone. */
export function loginClientOf(connection: GateConnection, protocol: LoginProtocol): LoginClient {
  const { listener, remote, securityContext } = connection
  return {
    protocol,
    listener,
    address: remote,
    security: securityContext,
    refused: (decision, action) => connection.refused(decision, action),
  }
}
