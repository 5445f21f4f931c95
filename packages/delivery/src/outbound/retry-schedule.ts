/** When to try again, and when to give up (RFC 5321 section 4.5.4.1: at least 30 minutes after the first hours, 4 to 5 days in all). */
export interface RetrySchedule {
  readonly firstMs: number
  readonly maxMs: number
  readonly giveUpMs: number
  /** When a sender that wants to hear of delays does. */
  readonly delayNoticeMs: number
}

export const defaultRetrySchedule: RetrySchedule = {
  firstMs: 5 * 60_000,
  maxMs: 4 * 3_600_000,
  giveUpMs: 5 * 86_400_000,
  delayNoticeMs: 4 * 3_600_000,
}

/** Time until the next try: doubles with each, within a tenth of chance so that a revived host is not hit at once. `random` in [0, 1). */
export function retryDelayMs(schedule: RetrySchedule, attempts: number, random: number): number {
  const base = Math.min(schedule.maxMs, schedule.firstMs * 2 ** Math.min(attempts, 30))
  return Math.round(base * (0.9 + 0.2 * random))
}
