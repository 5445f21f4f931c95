import { forgetOldest, type Clock } from '@gatepost/core'

import type { AuthFailureLog, SecurityContext } from './auth-failure-log.ts'

export interface OutboundBurstOptions {
  /** Of one account within the window: from then on it is a burst. */
  readonly maxRecipients: number
  readonly windowMs: number
}

interface Window {
  readonly startedAt: number
  recipients: number
  told: number
}

const maxAccounts = 10_000

/** Counts what each account sends, to report bursts: at the limit, and at every further multiple of it. Judging is CrowdSec's. */
export class OutboundBursts {
  readonly #security: Pick<AuthFailureLog, 'outboundBurst'>
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #options: OutboundBurstOptions
  readonly #windows = new Map<string, Window>()

  constructor(
    security: Pick<AuthFailureLog, 'outboundBurst'>,
    clock: Pick<Clock, 'monotonic'>,
    options: OutboundBurstOptions,
  ) {
    this.#security = security
    this.#clock = clock
    this.#options = options
  }

  /** The account has sent to that many. */
  sent(context: SecurityContext, user: string, recipients: number): void {
    const { maxRecipients, windowMs } = this.#options
    const now = this.#clock.monotonic()
    const window = this.#windowOf(user, now)
    window.recipients += recipients
    const reached = Math.floor(window.recipients / maxRecipients)
    if (reached <= window.told) return
    window.told = reached
    this.#security.outboundBurst(context, {
      user,
      recipients: window.recipients,
      seconds: Math.round(Math.min(windowMs, now - window.startedAt) / 1000),
    })
  }

  #windowOf(user: string, now: number): Window {
    const known = this.#windows.get(user)
    if (known !== undefined && now - known.startedAt < this.#options.windowMs) return known
    this.#windows.delete(user)
    const window = { startedAt: now, recipients: 0, told: 0 }
    this.#windows.set(user, window)
    const { windowMs } = this.#options
    forgetOldest(this.#windows, maxAccounts, ({ startedAt }) => now - startedAt >= windowMs)
    return window
  }
}
