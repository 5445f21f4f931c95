import type { IpAddress } from '@gatepost/core'

import type { FilterUsage } from './usage/filter-usage.ts'

/** What a decision is on. The Local API knows more; those are not for a mail server. */
export type DecisionScope = 'ip' | 'range' | 'country' | 'as' | 'username'

/** A decision of CrowdSec's Local API, normalised. */
export interface Decision {
  /** Of the Local API: the only stable name of a decision. */
  readonly id: number
  readonly scope: DecisionScope
  /** In its one spelling: address or CIDR, `DE`, `64500`, `me@example.test`. */
  readonly value: string
  /** In lower case: `ban`, `captcha`, `throttle`, `allow`, or any type that the profiles make. */
  readonly type: string
  readonly scenario: string
  readonly origin: string
  /** Milliseconds since 1970; for people. What holds is judged by the monotonic clock. */
  readonly until: number
}

/**
 * What is to be done, strongest first; how a listener does it is the gate's table.
 * `ban`: no service. `captcha`: prove that you are none of them. `hold`: served, but what an account sends is held. `throttle`: served slowly.
 */
export type Remediation = 'ban' | 'captcha' | 'hold' | 'throttle'
export const remediations: readonly Remediation[] = ['ban', 'captcha', 'hold', 'throttle']

/** Why somebody may come in although a decision says otherwise. */
export type Exemption = 'never_ban' | 'allow_list' | 'allow_decision' | 'strong_login'

/**
 * `kind` is the remediation, so that `verdict.kind === 'ban'` is all that a simple caller asks.
 * Of several decisions the strongest counts, of equals the one on the narrowest network. An allow beats all of them, however wide it is.
 */
export type FilterVerdict =
  | { readonly kind: 'allow'; readonly exemption?: Exemption }
  | { [K in Remediation]: DecidedVerdict<K> }[Remediation]

/** One decision and what it comes to. */
export interface Ruling<K extends Remediation = Remediation> {
  readonly kind: K
  readonly decision: Decision
}
export interface DecidedVerdict<K extends Remediation = Remediation> extends Ruling<K> {
  /** What else concerns the client, for a listener that does not carry out the strongest as it is, such as one of a foreign list. Left out: nothing. */
  readonly others?: readonly Ruling[]
  /** Somebody has logged in from the address lately. */
  readonly hasLoggedIn?: true
}

/** Ids in `deleted` are over: deleted by somebody, or their time has come. One that means something else now is in both lists. */
export interface DecisionChange {
  readonly added: readonly Decision[]
  readonly deleted: readonly Decision[]
}

/**
 * `off`: no Local API configured. `starting`: no answer yet. `healthy`: the last answer was good.
 * `stale`: it was not, or is late; known decisions still count. `down`: no good answer for longer than the configured time, or never.
 */
export type FilterState = 'off' | 'starting' | 'healthy' | 'stale' | 'down'

export interface FilterStatus {
  readonly state: FilterState
  readonly decisions: number
  /** Milliseconds since 1970 of the last good answer. */
  readonly lastSuccessAt: number | null
  /** How old what is known is: milliseconds since the last good answer; of one before our restart when there was none since. Null: nothing is known. */
  readonly ageMs: number | null
  /** One line: why the last poll failed. */
  readonly lastError: string | null
}

/** Who may come in. Everything here answers from memory and never waits, throws or blocks. */
export interface ConnectionFilter {
  /** For each new client, and again for open sessions after each change. */
  check(address: IpAddress): FilterVerdict
  /**
   * For each login, before the password is looked at, and again for open sessions after each change: decisions on the account alone, those on
   * the address are `check`'s. `user` is as the client wrote it: case and Unicode form make no difference. With `address` the owner's own
   * addresses may be exempt, as configured.
   */
  checkUser(user: string, address: IpAddress): FilterVerdict
  /** A login from there failed: the Local API is asked about this address soon, beside the polls, where that is configured. Any number of calls may come. */
  noteAuthFailure(address: IpAddress): void
  /** Somebody proved who he is (a password or token over TLS): where configured, this address is exempt for a while. */
  noteStrongLogin(user: string, address: IpAddress): void
  /** Called after decisions were added, deleted or expired; not for a moved end. Answers a function that ends it. */
  onChange(listener: (change: DecisionChange) => void): () => void
  status(): FilterStatus
  /** Everything that is decided and has not ended; with an address or a user, what concerns it. For people, not for the accept path. */
  decisions(of?: IpAddress | { readonly user: string }): readonly Decision[]
  /** Everything, a part at a time, so that a reader can let others have their turn. What changes meanwhile may be missing. */
  decisionPages(): Iterable<readonly Decision[]>
  /** What the doors did with clients, for the Local API's statistics. */
  readonly usage: FilterUsage
}
