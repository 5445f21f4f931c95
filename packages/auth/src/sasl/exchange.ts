import type { ScramParameters } from '@gatepost/core'

import type { Evidence } from '../login/evidence.ts'
import type { TlsFacts } from './tls-facts.ts'

/** What a mechanism asks of the other side of a connection, and of those who know the accounts. */
export interface SaslExchange<Outcome> {
  /** Undefined: the client waits for a challenge first. */
  readonly initial: Buffer | undefined
  /** Undefined: not over TLS. */
  readonly tls: TlsFacts | undefined
  /** Sends a challenge, and answers the response. @throws SaslCancelled, or what ended the connection */
  readonly challenge: (data: string) => Promise<Buffer>
  /** A decision on the account counts before anything is told of it. `refused` ends the exchange. */
  readonly scramParameters: (
    user: string,
  ) => Promise<ScramParameters | { readonly refused: Outcome }>
  readonly attempt: (evidence: Evidence) => Promise<SaslAttempt<Outcome>>
}

export interface SaslAttempt<Outcome> {
  readonly outcome: Outcome
  readonly isRight: boolean
  /** Of SCRAM, when it is right. */
  readonly serverSignature?: string | undefined
}

/** RFC 4422 section 5: what a client has to show, and in which steps. Knows neither socket nor store. */
export interface SaslMechanism {
  readonly name: string
  /** RFC 5802 section 6: the exchange is bound to the TLS connection. */
  readonly bindsChannel: boolean
  /** Needs keys of every account. */
  readonly needsScramKeys: boolean
  /** @throws MalformedResponse, ForeignIdentity, and what the exchange throws */
  run<Outcome>(exchange: SaslExchange<Outcome>): Promise<Outcome>
}

/** Against the grammar or the rules of the mechanism. */
export class MalformedResponse extends Error {
  override readonly name = 'MalformedResponse'
  /** As far as it is known. */
  readonly user: string

  constructor(message: string, user = '') {
    super(message)
    this.user = user
  }
}

/** The client wants to act for somebody else (RFC 4422 section 2, authorization identity): a right that nobody has here. */
export class ForeignIdentity extends Error {
  override readonly name = 'ForeignIdentity'
  readonly user: string

  constructor(user: string) {
    super('Nobody may act for another user')
    this.user = user
  }
}

/** RFC 4422 section 3.5. */
export class SaslCancelled extends Error {
  override readonly name = 'SaslCancelled'
}
