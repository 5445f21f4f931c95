import { setImmediate as nextTurn } from 'node:timers/promises'

import type { IpAddress } from '@gatepost/core'

import { DecisionBatch } from '../stream/decision-batch.ts'
import { DecisionStreamParser } from '../stream/decision-stream-parser.ts'
import { readDecision } from '../stream/lapi-decision.ts'
import { filterQuery, noStreamFilters } from '../stream/stream-filters.ts'
import type { StreamFilters } from '../stream/stream-filters.ts'
import { LapiError } from './lapi-error.ts'
import { LapiHttp, type LapiHttpOptions } from './lapi-http.ts'

export interface LapiClientOptions extends LapiHttpOptions {
  /** Left out: the client certificate says who we are. */
  readonly apiKey?: string
  /** Of every question about decisions. Left out: all are asked for. */
  readonly filters?: StreamFilters
}
export interface StreamRequest {
  /** Everything that holds, not only what has changed since this key asked last. */
  readonly isStartup: boolean
  /** What an engine in simulation mode would have decided comes too. */
  readonly withSimulated?: boolean
}

/** A fraction of a millisecond of work. */
const bytesPerTurn = 65_536
const scopes = 'ip,range,country,as,username'
// 100,000 decisions are about 19 MB; a million fit.
const maxAnswerBytes = 256 * 1024 * 1024

/** The bouncer's side of CrowdSec's Local API. A key is a cursor: what one reader of it has got, another does not get any more. */
export class LapiClient implements AsyncDisposable {
  readonly #http: LapiHttp
  readonly #headers: Readonly<Record<string, string>>
  readonly #filters: Readonly<Record<string, string>>

  constructor(options: LapiClientOptions) {
    this.#http = new LapiHttp(options)
    this.#filters = filterQuery(options.filters ?? noStreamFilters)
    this.#headers = options.apiKey === undefined ? {} : { 'x-api-key': options.apiKey }
  }

  /**
   * `/v1/decisions/stream`. `dedup=false`: with the default the Local API hides shorter decisions behind longer ones and the two sides drift apart.
   * The scopes are ours to name, the default is addresses only.
   * @throws LapiError
   */
  async stream(
    { isStartup, withSimulated }: StreamRequest,
    signal: AbortSignal,
  ): Promise<DecisionBatch> {
    const query = new URLSearchParams({
      startup: String(isStartup),
      scopes,
      dedup: 'false',
      ...this.#filters,
      ...(withSimulated === true ? { simulated: 'true' } : {}),
    })
    const path = `/v1/decisions/stream?${query.toString()}`
    return this.#read(path, signal)
  }

  /**
   * `/v1/decisions`: everything that holds, without being a reader of the stream: moves the cursor of its key only when that is a minute old.
   * @throws LapiError
   */
  async everything(withSimulated: boolean, signal: AbortSignal): Promise<DecisionBatch> {
    const query = new URLSearchParams({
      scopes,
      simulated: String(withSimulated),
      ...this.#filters,
    })
    return this.#read(`/v1/decisions?${query.toString()}`, signal, {
      before: '{"new":',
      after: '}',
    })
  }

  /**
   * `/v1/decisions?ip=`: what is decided about one address and its networks now. Moves the cursor of its key: never on the stream's.
   * @throws LapiError
   */
  async decisionsOn(address: IpAddress, signal: AbortSignal): Promise<DecisionBatch> {
    const query = new URLSearchParams({ ip: address.text, ...this.#filters })
    const path = `/v1/decisions?${query.toString()}`
    const answer = await this.#http.json({ method: 'GET', path, headers: this.#headers, signal })
    if (answer !== null && !Array.isArray(answer))
      throw new LapiError('the answer is no list of decisions')
    const known = (answer ?? []).map(readDecision).filter((decision) => decision !== undefined)
    return DecisionBatch.of(...known)
  }

  /** `/v1/usage-metrics`, since release 1.6.3. @throws LapiError */
  async pushUsage(metrics: object, signal: AbortSignal): Promise<void> {
    await this.#http.json({
      method: 'POST',
      path: '/v1/usage-metrics',
      headers: this.#headers,
      body: metrics,
      signal,
    })
  }

  /** An answer that is a bare list is read with something around it. */
  async #read(
    path: string,
    signal: AbortSignal,
    around: { readonly before: string; readonly after: string } = { before: '', after: '' },
  ): Promise<DecisionBatch> {
    return this.#http.send(
      { method: 'GET', path, headers: this.#headers, signal },
      async (body) => {
        const parser = new DecisionStreamParser()
        parser.push(Buffer.from(around.before))
        let size = 0
        for await (const chunk of body as AsyncIterable<Buffer>) {
          size += chunk.length
          if (size > maxAnswerBytes)
            throw new LapiError(`the answer is larger than ${maxAnswerBytes} bytes`)
          parser.push(chunk)
          // Two megabytes may be waiting in the socket: clients are served in between.
          if (size % bytesPerTurn < chunk.length) await nextTurn()
        }
        parser.push(Buffer.from(around.after))
        return parser.finish()
      },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]()
  }
}
