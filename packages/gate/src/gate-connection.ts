import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

import type { Access, IpAddress } from '@gatepost/core'
import type { Decision, FilterAction, SecurityContext, SlowKind } from '@gatepost/security-crowdsec'

import type { Judgement } from './remedy/judge.ts'

/** Why the gate ends a session that is open. */
export type EndReason =
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'decision'; readonly decision: Decision }
  /** Nobody has logged in, nothing comes, and places are scarce. */
  | { readonly kind: 'idle' }
  /** Its principal has as many connections as one may have. */
  | { readonly kind: 'crowd' }
  /** What the login was made with no longer counts, or the principal is gone. */
  | { readonly kind: 'login' }

/** Who has logged in over a connection. */
export interface BoundLogin {
  readonly access: Access
  /** Of the credential that the login was made with. */
  readonly stamp: string
}

/** One accepted client, after PROXY protocol, filter, caps and (on implicit TLS listeners) the handshake. */
export interface GateConnection {
  /** Unique while the process lives: in every log line of the session. */
  readonly id: string
  readonly listener: string
  /** The stream to talk over. After `startTls` it is the one that it answered. */
  readonly socket: Socket
  /** The real client: behind a trusted proxy not the peer of the socket. */
  readonly remote: IpAddress
  readonly remotePort: number
  /** A PROXY header names it: the peer of the socket is a proxy. */
  readonly isNamedByProxy: boolean
  readonly isSecure: boolean
  /** It was made to wait for the greeting and did not: what it said is in the socket. */
  readonly hasTalkedEarly: boolean
  /** It is known for good mail: a refusal because of a decision is for now, not for good. */
  readonly mayReturn: boolean
  /** For events of this connection. */
  readonly securityContext: SecurityContext
  /**
   * What holds for this client now; a new decision may change it at any time. Doors carry out `challenge`, `hold` and (SMTP) `refuse_at_hello`:
   * everything else is done by the gate.
   */
  readonly judgement: Judgement
  /** The door has refused something because of a decision: told once a session and decision. */
  refused(decision: Decision, action: FilterAction): void
  /**
   * Server side of STARTTLS: a handshake on the same connection, with a deadline. The caller has sent its go-ahead, reads no more from the old
   * socket, and has thrown away what it had read from it (RFC 9051 section 11.1).
   * Rejects when the handshake fails; the connection is closed then.
   */
  startTls(): Promise<TLSSocket>
  /** The client is not done with what it says, and may wait for the acknowledgement of what has come: it is sent now. For small pieces; a system call. */
  acknowledge(): void
  /** From now on decisions on this principal concern this connection (`judgement` tells at once), and so does the end of the login. */
  bindLogin(login: BoundLogin): void
  /** How the session says good-bye in its own words. It has one second; then the socket is destroyed. Default: none. */
  onEnd(farewell: (reason: EndReason) => void): void
}

/** How a protocol differs from others, for the gate. */
export interface DoorTraits {
  /** A connection may carry requests of many clients: the door judges and counts each, and the gate only the peer. */
  readonly isJudgedByRequest: boolean
  /** The client says who it is before it asks for anything: what a decision has to say to it can wait until then. */
  readonly hasHello: boolean
  readonly speaksHttp: boolean
  /** What a client owes that says nothing. */
  readonly idleKind: SlowKind
}

/** What a protocol gives the gate. */
export interface Door {
  /** In events and metrics: a word of small letters and digits. */
  readonly protocol: string
  readonly traits: DoorTraits
  /** Takes over an accepted client. Must not throw. */
  accept(connection: GateConnection): void
  /** What a client gets that is not let in, on listeners that speak without TLS first. Complete and final: the gate closes after it. */
  refusal(reason: RefusalReason): string
}
export type RefusalReason =
  | {
      readonly kind: 'ban'
      readonly decision: Decision
      /** The client is known for good mail: where the protocol can say "later", that is what it hears. */
      readonly mayReturn?: boolean
    }
  /** Decisions cannot be fetched, and this listener lets nobody in meanwhile. */
  | { readonly kind: 'unavailable' }
  /** The server's or the address's cap of connections is reached, or the server is going down. */
  | { readonly kind: 'busy' }
