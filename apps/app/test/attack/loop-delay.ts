import { request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface LoopFigures {
  readonly maxMs: number
  readonly p99Ms: number
}

/** prom-client's timer fires so often; what it measures includes that. */
const resolutionMs = 10

/** How long the turns of the server's event loop were, from /metrics. Each reading begins anew. */
export class LoopDelay {
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  async read(): Promise<LoopFigures> {
    const metrics = await this.#metrics()
    return {
      maxMs: figure(metrics, 'nodejs_eventloop_lag_max_seconds'),
      p99Ms: figure(metrics, 'nodejs_eventloop_lag_p99_seconds'),
    }
  }

  async #metrics(): Promise<string> {
    const options = { host: '127.0.0.1', port: this.#port, path: '/metrics', agent: false }
    const asked = request(options).end()
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    asked.once('response', (response) => void text(response).then(resolve, reject))
    asked.once('error', reject)
    return promise
  }
}

function figure(metrics: string, name: string): number {
  const seconds = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]
  return Math.max(0, Math.round(Number(seconds ?? Number.NaN) * 1000 - resolutionMs))
}
