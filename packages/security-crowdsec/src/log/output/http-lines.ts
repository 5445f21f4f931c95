import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

import type { LogDestination, Logger, MetricCounter, Metrics } from '@gatepost/telemetry'
import { Pool } from 'undici'

import { pause } from '../../pause.ts'
import { LineQueue } from './line-queue.ts'

export interface HttpLinesOptions {
  /** Where CrowdSec's `source: http` listens, with its path. */
  readonly url: string
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined
  /** Reads it again when it is not taken: somebody may have changed the key. @throws Error when it cannot be read */
  readonly readAuthorization?: (() => string) | undefined
  /** Path of a Unix socket to connect to instead of the URL's host. */
  readonly socket?: string | undefined
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string }
  readonly logger: Logger
  readonly metrics: Metrics
  readonly random: () => number
  readonly timeoutMs?: number
  readonly firstRetryMs?: number
  readonly maxRetryMs?: number
  /** Bytes that may wait; more cost the oldest lines. */
  readonly maxWaitingBytes?: number
  /** How long the last lines may take when the server stops. */
  readonly flushMs?: number
}

const defaults = {
  timeoutMs: 10_000,
  firstRetryMs: 500,
  maxRetryMs: 60_000,
  maxWaitingBytes: 16 * 1024 * 1024,
  flushMs: 2000,
}
const maxBatchLines = 500
const maxBatchBytes = 262_144
const tooLarge = 413
// What will not be better the next time. A wrong key or path is: somebody mends it.
const hopeless: ReadonlySet<number> = new Set([400, tooLarge, 415, 422])
const unauthorized: ReadonlySet<number> = new Set([401, 403])
const compress = promisify(gzip)

/** Lines to CrowdSec's HTTP acquisition, in order and in batches: one at a time, sent again until it is taken. Never waits for it. */
export class HttpLines implements LogDestination, AsyncDisposable {
  readonly #options: HttpLinesOptions & typeof defaults
  readonly #pool: Pool
  readonly #target: URL
  readonly #queue: LineQueue
  readonly #lines: MetricCounter<'result'>
  readonly #stopping = new AbortController()
  #sending: Promise<void> | undefined
  #failures = 0
  #authorization: string | undefined
  /** As many as `max_body_size` of the acquisition lets through. */
  #batchLines = maxBatchLines

  constructor(options: HttpLinesOptions) {
    this.#options = { ...defaults, ...options }
    this.#target = new URL(options.url)
    this.#authorization = options.authorization
    const { socket, tls = {}, metrics } = options
    this.#pool = new Pool(this.#target.origin, {
      connections: 1,
      pipelining: 1,
      ...(socket === undefined ? {} : { socketPath: socket }),
      connect: {
        timeout: this.#options.timeoutMs,
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
      },
    })
    this.#lines = metrics.counter(
      'gatepost_security_http_lines_total',
      'Security events for the HTTP acquisition: sent, refused by it, dropped since too many waited',
      ['result'],
    )
    this.#queue = new LineQueue(this.#options.maxWaitingBytes, (lines) =>
      this.#count('dropped', lines),
    )
    metrics.gauge(
      'gatepost_security_http_waiting_bytes',
      'Security events not sent yet',
      () => this.#queue.bytes,
    )
  }

  write(line: string): void {
    this.#queue.push(line)
    this.#sending ??= this.#send()
  }

  /** Gives the last lines a moment to leave. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#stopping.abort(), this.#options.flushMs)
    await this.#sending
    clearTimeout(timer)
    this.#count('dropped', this.#queue.clear())
    await this.#pool.destroy()
  }

  async #send(): Promise<void> {
    const { signal } = this.#stopping
    while (this.#queue.bytes > 0 && !signal.aborted) {
      const batch = this.#queue.peek(this.#batchLines, maxBatchBytes)
      const outcome = await this.#post(batch.text)
      const isTooLarge = outcome.kind === 'refused' && outcome.status === tooLarge
      if (isTooLarge && batch.lines > 1) this.#batchLines = Math.ceil(batch.lines / 2)
      else if (outcome.kind === 'failed') await this.#pause(outcome.reason)
      else if (outcome.kind === 'again') continue
      else this.#done(batch.lines, outcome)
    }
    this.#sending = undefined
  }

  #done(lines: number, outcome: Exclude<Outcome, { kind: 'failed' | 'again' }>): void {
    if (this.#failures > 0)
      this.#options.logger.info(
        { failures: this.#failures },
        'CrowdSec takes the security events again',
      )
    this.#failures = 0
    this.#count(outcome.kind, this.#queue.remove(lines))
    if (outcome.kind === 'refused')
      this.#options.logger.warn(
        { status: outcome.status, lines },
        'CrowdSec refused security events',
      )
  }

  async #post(text: string): Promise<Outcome> {
    const { timeoutMs } = this.#options
    const authorization = this.#authorization
    try {
      const { statusCode, body } = await this.#pool.request({
        path: this.#target.pathname + this.#target.search,
        method: 'POST',
        headers: {
          'content-type': 'application/x-ndjson',
          'content-encoding': 'gzip',
          ...(authorization === undefined ? {} : { authorization }),
        },
        body: await compress(text),
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]),
      })
      await body.dump({ limit: 65_536 })
      if (statusCode >= 200 && statusCode < 300) return { kind: 'sent' }
      if (hopeless.has(statusCode)) return { kind: 'refused', status: statusCode }
      if (unauthorized.has(statusCode)) return this.#refusedKey(statusCode)
      return { kind: 'failed', reason: `HTTP ${statusCode}` }
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  /** The lines wait for a key that is taken. A new one is tried at once. */
  #refusedKey(status: number): Outcome {
    const before = this.#authorization
    try {
      this.#authorization = this.#options.readAuthorization?.() ?? before
    } catch (error) {
      return { kind: 'failed', reason: `HTTP ${status}, and ${String(error)}` }
    }
    return this.#authorization === before
      ? { kind: 'failed', reason: `HTTP ${status}: CrowdSec does not take the authorization` }
      : { kind: 'again' }
  }

  async #pause(reason: string): Promise<void> {
    const { firstRetryMs, maxRetryMs, random, logger } = this.#options
    if (this.#failures === 0)
      logger.warn(
        { reason },
        'CrowdSec does not take the security events: they wait and are sent again',
      )
    const longest = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 20))
    this.#failures += 1
    await pause(longest * (0.5 + random() / 2), this.#stopping.signal)
  }

  #count(result: 'sent' | 'refused' | 'dropped', lines: number): void {
    if (lines > 0) this.#lines.add({ result }, lines)
  }
}

type Outcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string }
  /** There is a new key to try. */
  | { readonly kind: 'again' }
