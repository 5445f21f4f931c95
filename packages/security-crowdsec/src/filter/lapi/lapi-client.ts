import { Agent } from 'undici'

export interface LapiClientOptions {
  /** `http://127.0.0.1:8080` */
  readonly url: string
  readonly apiKey: string
  /** For the whole answer. */
  readonly timeoutMs: number
  readonly version: string
}

/** What went wrong with one request, in one line for the administrator. */
export class LapiError extends Error {
  override readonly name = 'LapiError'
}

// 100,000 decisions are about 19 MB; a million fit.
const maxAnswerBytes = 256 * 1024 * 1024

/** The bouncer's side of CrowdSec's Local API. */
export class LapiClient implements AsyncDisposable {
  readonly #options: LapiClientOptions
  readonly #agent: Agent

  constructor(options: LapiClientOptions) {
    this.#options = options
    this.#agent = new Agent({
      connections: 2,
      pipelining: 1,
      connect: { timeout: options.timeoutMs },
    })
  }

  /**
   * `/v1/decisions/stream`. `dedup=false`: with the default the Local API hides shorter decisions behind longer ones and the two sides drift apart.
   * @throws LapiError
   */
  async stream(isStartup: boolean, signal: AbortSignal): Promise<unknown> {
    const query = new URLSearchParams({
      startup: String(isStartup),
      scopes: 'ip,range',
      dedup: 'false',
    })
    return this.#get(`/v1/decisions/stream?${query.toString()}`, signal)
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    const { url, apiKey, timeoutMs, version } = this.#options
    const base = new URL(url)
    try {
      const { statusCode, body } = await this.#agent.request({
        origin: base.origin,
        path: base.pathname.replace(/\/$/, '') + path,
        method: 'GET',
        headers: {
          'x-api-key': apiKey,
          'user-agent': `crowdsec-gatepost-bouncer/v${version}`,
          accept: 'application/json',
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      })
      if (statusCode !== 200) {
        await body.dump({ limit: 65_536 })
        throw new LapiError(statusHint(statusCode))
      }
      return JSON.parse(await readBounded(body))
    } catch (error) {
      if (error instanceof LapiError) throw error
      throw new LapiError(reasonOf(error, timeoutMs), { cause: error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxAnswerBytes)
      throw new LapiError(`the answer is larger than ${maxAnswerBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function statusHint(status: number): string {
  return status === 403
    ? 'HTTP 403: the Local API does not know this api_key'
    : `HTTP ${status} from the Local API`
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  if (error instanceof SyntaxError) return 'the answer is no JSON'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return error.message === '' ? code : error.message
}
