import type { IpAddress } from '@gatepost/core'

/** A decision of CrowdSec's Local API, normalised. */
export interface Decision {
  /** Of the Local API: the only stable name of a decision. */
  readonly id: number
  /** Canonical address or CIDR. */
  readonly value: string
  /** `ban`, `captcha`, `throttle`, or any type that the profiles make. */
  readonly type: string
  readonly scenario: string
  readonly origin: string
  /** Milliseconds since 1970. */
  readonly until: number
}

export type FilterVerdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'ban'; readonly decision: Decision }

export interface DecisionChange {
  readonly added: readonly Decision[]
  readonly deleted: readonly Decision[]
}

export interface FilterStatus {
  /** `off`: no Local API configured. `starting`: no answer yet. `stale`: the last poll failed, known decisions still count. */
  readonly state: 'off' | 'starting' | 'healthy' | 'stale'
  readonly decisions: number
  /** Milliseconds since 1970 of the last good answer. */
  readonly lastSuccessAt: number | null
  /** One line: why the last poll failed. */
  readonly lastError: string | null
}

/** Who may come in. `check` answers from memory and never waits. */
export interface ConnectionFilter {
  check(address: IpAddress): FilterVerdict
  /** Called after decisions were added, deleted or expired. Answers a function that ends it. */
  onChange(listener: (change: DecisionChange) => void): () => void
  status(): FilterStatus
  /** Everything that is decided and has not ended; with an address, what concerns it. For people, not for the accept path. */
  decisions(address?: IpAddress): readonly Decision[]
}
