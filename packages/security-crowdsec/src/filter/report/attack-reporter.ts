import { setTimeout as pause } from 'node:timers/promises'

import { isInNetwork, parseIp, type Clock, type IpNetwork } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { LapiError, reasonOf } from '../lapi/lapi-error.ts'
import { pauseMs } from '../lapi/poll-pause.ts'
import type { SecurityLine } from './security-lines.ts'

export interface AttackReporterOptions {
  /** @throws LapiError */
  readonly post: (alerts: readonly object[], signal: AbortSignal) => Promise<void>
  /** Events, and kinds of `protocol_abuse`, that are reported. */
  readonly events: readonly string[]
  /** Never reported. */
  readonly neverBan: readonly IpNetwork[]
  readonly clock: Clock
  readonly logger: Logger
  readonly random?: () => number
  readonly maxWaiting?: number
}

/** More of the same from one address within this time is one report. */
const sameMs = 60_000
const maxRemembered = 10_000
const maxBatch = 50
const maxRefusals = 5
const collectMs = 50

/**
 * Posts attacks to the Local API at once, without waiting for the engine to read the log. Without decisions of its own: profiles, allow lists and
 * notifications of the Local API say what comes of it; a decision that came with the alert would pass the allow lists by.
 */
export class AttackReporter implements AsyncDisposable {
  readonly #options: AttackReporterOptions
  readonly #waiting: object[] = []
  /** When it was reported last; the oldest first. */
  readonly #reportedAt = new Map<string, number>()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #dropped = 0

  constructor(options: AttackReporterOptions) {
    this.#options = options
  }

  /** Reports that were not sent: too many at once, or the Local API was away too long. */
  get dropped(): number {
    return this.#dropped
  }

  /** Any line of the security log. */
  note(line: SecurityLine): void {
    const name = this.#options.events.find(
      (event) => event === line['event'] || event === line['kind'],
    )
    const address = parseIp(line['ip'] ?? '')
    if (name === undefined || address === undefined || this.#stop.signal.aborted) return
    if (this.#options.neverBan.some((network) => isInNetwork(address, network))) return
    if (this.#isKnown(`${address.text} ${name}`)) return
    const { maxWaiting = 1000 } = this.#options
    if (this.#waiting.length >= maxWaiting) this.#dropped += 1
    else this.#waiting.push(alertOf(name, address.text, line))
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    const { post, logger, random = Math.random } = this.#options
    let failures = 0
    while (this.#waiting.length > 0 && !signal.aborted) {
      const ms = pauseMs({ pollMs: collectMs, failures, random: random() })
      await pause(ms, undefined, { signal }).catch(() => undefined)
      const batch = this.#waiting.slice(0, maxBatch)
      try {
        if (!signal.aborted) await post(batch, signal)
        this.#waiting.splice(0, batch.length)
        failures = 0
      } catch (error) {
        if (failures === 0 && !signal.aborted)
          logger.warn({ reason: reasonOf(error, 0) }, 'attacks can not be reported to CrowdSec yet')
        failures += 1
        // It answers, and does not take these: the others are not to wait for them.
        if (error instanceof LapiError && error.status !== undefined && failures > maxRefusals) {
          this.#dropped += this.#waiting.splice(0, batch.length).length
          failures = 0
        }
      }
    }
  }

  #isKnown(key: string): boolean {
    const now = this.#options.clock.monotonic()
    const last = this.#reportedAt.get(key)
    if (last !== undefined && now - last < sameMs) return true
    this.#reportedAt.delete(key)
    this.#reportedAt.set(key, now)
    for (const [other, at] of this.#reportedAt) {
      if (now - at < sameMs && this.#reportedAt.size <= maxRemembered) break
      this.#reportedAt.delete(other)
    }
    return false
  }
}

/** Every key is mandatory, also those that mean nothing for a single event. */
function alertOf(name: string, ip: string, line: SecurityLine): object {
  const at = line['time'] ?? ''
  const { protocol = '', listener = '', detail = '' } = line
  return {
    scenario: `gatepost/report-${name.replaceAll('_', '-')}`,
    scenario_hash: '',
    scenario_version: '',
    message: `${name} from ${ip} over ${protocol}`,
    events_count: 1,
    start_at: at,
    stop_at: at,
    capacity: 0,
    leakspeed: '0s',
    simulated: false,
    remediation: true,
    source: { scope: 'Ip', value: ip, ip },
    events: [
      {
        timestamp: at,
        meta: [
          { key: 'service', value: protocol },
          { key: 'listener', value: listener },
          { key: 'detail', value: detail },
        ].filter(({ value }) => value !== ''),
      },
    ],
  }
}
