import type { FailurePolicy, Remediation } from '@gatepost/security-crowdsec'

import { foreignOrigins, type OriginRules } from './origin-rules.ts'

/**
 * How a listener carries out a remediation.
 * `refuse`: in the protocol's words, before the greeting. `refuse_at_hello`: greeted, and refused at EHLO or HELO (SMTP; elsewhere as `refuse`).
 * `drop`: closed without a word. `tarpit`: held without a word for a while, then refused. `challenge`: the nearest that the protocol has to a proof:
 * SMTP 451 until the client has logged in, IMAP logins refused for now, HTTP 429. `hold`: what its accounts send is held. `slow`: served after a wait,
 * one connection at a time. `ignore`: served.
 */
export const remedyNames = [
  'refuse',
  'refuse_at_hello',
  'drop',
  'tarpit',
  'challenge',
  'hold',
  'slow',
  'ignore',
] as const
export type Remedy = (typeof remedyNames)[number]

/** What one listener does. */
export interface ListenerRemedies extends Readonly<Record<Remediation, Remedy>> {
  /** What is done otherwise about bans and captchas of some origins. */
  readonly origins: OriginRules
  /** While decisions cannot be fetched. */
  readonly onFailure: FailurePolicy
}

export const defaultRemedies: ListenerRemedies = {
  ban: 'refuse',
  captcha: 'challenge',
  hold: 'hold',
  throttle: 'slow',
  origins: foreignOrigins,
  onFailure: { kind: 'open' },
}
