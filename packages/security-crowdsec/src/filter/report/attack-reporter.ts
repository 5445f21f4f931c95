import {
  forgetOldest,
  isInAny,
  parseIp,
  subscriberOf,
  type Clock,
  type IpAddress,
  type IpNetwork,
} from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { pause } from '../../pause.ts'
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
  /** The last try has failed: what happens now is left to the log. */
  #isFailing = false
  /** Since release 1.7.7. */
  #hasKind = true

  constructor(options: AttackReporterOptions) {
    this.#options = options
  }

  /** Reports that were not sent: too many at once, or the Local API was away too long. */
  get dropped(): number {
    return this.#dropped
  }

  /** The last try has not failed. */
  get isTaking(): boolean {
    return !this.#isFailing
  }

  /**
   * Any line of the security log. True: it is reported, or has been a moment ago, so that no scenario has to tell of it again. While reports fail that is
   * left to the scenarios. Whoever is known for good mail is left alone as they leave it: one customer of a provider can cause what is reported.
   */
  note(line: SecurityLine): boolean {
    const name = this.#options.events.find(
      (event) => event === line['event'] || event === line['kind'],
    )
    const address = parseIp(line['ip'] ?? '')
    if (name === undefined || address === undefined || this.#stop.signal.aborted) return false
    if (isInAny(address, this.#options.neverBan)) return false
    if (line['known'] === 'mail') return false
    // One is tried all the same, or nobody would ever know that reports are taken again.
    if (this.#isFailing && this.#waiting.length > 0) return false
    const isTrial = this.#isFailing
    if (this.#isKnown(`${subscriberOf(address).text} ${name}`)) return !isTrial
    const { maxWaiting = 1000 } = this.#options
    const isTaken = this.#waiting.length < maxWaiting
    if (isTaken) this.#waiting.push(alertOf(name, address, line))
    else this.#dropped += 1
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
    return isTaken && !isTrial
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
      await pause(pauseMs({ pollMs: collectMs, failures, random: random() }), signal)
      const batch = this.#waiting.slice(0, maxBatch)
      try {
        if (!signal.aborted) await post(this.#hasKind ? batch.map(withKind) : batch, signal)
        this.#waiting.splice(0, batch.length)
        failures = 0
        this.#isFailing = false
      } catch (error) {
        if (failures === 0 && !signal.aborted)
          logger.warn({ reason: reasonOf(error, 0) }, 'attacks cannot be reported to CrowdSec yet')
        failures += 1
        this.#isFailing = true
        // Should one not like the word for the kind: they are worth more than it.
        if (error instanceof LapiError && error.status !== undefined && error.status !== 401)
          this.#hasKind = false
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
    forgetOldest(this.#reportedAt, maxRemembered, (at) => now - at >= sameMs)
    return false
  }
}

function withKind(alert: object): object {
  return { ...alert, kind: 'crowdsec' }
}

/** IPv6: the network, as scenarios have it. */
function sourceOf(address: IpAddress): object {
  const { text } = address
  if (address.family === 4) return { scope: 'Ip', value: text, ip: text }
  const range = subscriberOf(address).text
  return { scope: 'Range', value: range, range, ip: text }
}

/** Every key is mandatory, also those that mean nothing for a single event. */
function alertOf(name: string, address: IpAddress, line: SecurityLine): object {
  const at = line['time'] ?? ''
  const { protocol = '', listener = '', detail = '' } = line
  return {
    scenario: `gatepost/report-${name.replaceAll('_', '-')}`,
    scenario_hash: '',
    scenario_version: '',
    message: `${name} from ${address.text} over ${protocol}`,
    events_count: 1,
    start_at: at,
    stop_at: at,
    capacity: 0,
    leakspeed: '0s',
    simulated: false,
    remediation: true,
    source: sourceOf(address),
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
