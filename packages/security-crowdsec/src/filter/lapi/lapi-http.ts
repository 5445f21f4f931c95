import { Agent, type Dispatcher } from 'undici'

import { Deadline } from './deadline.ts'
import { LapiError, reasonOf } from './lapi-error.ts'

/** Client certificate and authority, PEM. */
export interface LapiTls {
  readonly cert?: string
  readonly key?: string
  /** Trusted instead of the system's authorities. */
  readonly ca?: string
}
export interface LapiHttpOptions {
  /** `http://127.0.0.1:8080`, `https://...`, or `unix:/run/crowdsec/lapi.sock`. */
  readonly url: string
  readonly tls?: LapiTls
  /** For a whole answer. */
  readonly timeoutMs: number
  /** Of Gatepost, for the User-Agent. */
  readonly version: string
}
export interface LapiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  readonly signal: AbortSignal
}

const maxSmallAnswer = 4 * 1024 * 1024

/** One Local API over HTTP: deadlines, bounds and errors in words, the same for everything that talks to it. */
export class LapiHttp implements AsyncDisposable {
  readonly #options: LapiHttpOptions
  readonly #agent: Agent
  readonly #origin: string
  readonly #basePath: string

  constructor(options: LapiHttpOptions) {
    this.#options = options
    const socketPath = unixPath(options.url)
    const base = new URL(socketPath === undefined ? options.url : 'http://localhost')
    this.#origin = base.origin
    this.#basePath = base.pathname.replace(/\/$/, '')
    this.#agent = new Agent({
      connections: 2,
      pipelining: 1,
      connect: {
        timeout: options.timeoutMs,
        ...options.tls,
        ...(socketPath === undefined ? {} : { socketPath }),
      },
    })
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs
  }

  /**
   * Asks, and hands a good answer's body to `read`; both have to be done within the timeout.
   * @throws LapiError
   */
  async send<T>(
    request: LapiRequest,
    read: (body: Dispatcher.ResponseData['body']) => Promise<T>,
  ): Promise<T> {
    const { timeoutMs, version } = this.#options
    using deadline = new Deadline(timeoutMs, request.signal)
    try {
      const { statusCode, body } = await this.#agent.request({
        origin: this.#origin,
        path: this.#basePath + request.path,
        method: request.method,
        headers: {
          // One slash: the Local API stores no other form, and lets no other log in.
          'user-agent': `crowdsec-gatepost-bouncer/v${version}`,
          accept: 'application/json',
          ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: deadline.signal,
      })
      if (statusCode < 200 || statusCode > 299) {
        await body.dump({ limit: 65_536 })
        const hint = statusHint(statusCode, this.#options.tls?.cert !== undefined)
        throw new LapiError(hint, { status: statusCode })
      }
      return await read(body)
    } catch (error) {
      if (error instanceof LapiError) throw error
      throw new LapiError(reasonOf(error, timeoutMs), { cause: error })
    }
  }

  /** For answers that are small. @throws LapiError */
  json(request: LapiRequest): Promise<unknown> {
    return this.send(request, async (body) => {
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > maxSmallAnswer)
          throw new LapiError(`the answer is larger than ${maxSmallAnswer} bytes`)
        chunks.push(chunk)
      }
      const text = Buffer.concat(chunks).toString('utf8')
      return text === '' ? undefined : (JSON.parse(text) as unknown)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

/** The path of a `unix:` URL; undefined for any other. */
function unixPath(url: string): string | undefined {
  return /^unix:(?:\/\/)?(\/.*)$/.exec(url)?.[1]
}

/** A client certificate counts more than a key: where there is one, it is what was not taken. */
function statusHint(status: number, hasCertificate: boolean): string {
  if (status !== 403) return `HTTP ${status} from the Local API`
  return hasCertificate
    ? "HTTP 403: the certificate's OU is not in bouncers_allowed_ou of the Local API, or the certificate is revoked"
    : 'HTTP 403: the Local API does not know this api_key'
}
