import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export interface PageRequest {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface PageResponse {
  readonly status: number
  /** Those that the page may read. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: IncomingMessage
}

/** Fetch, CORS-safelisted response-header name. */
const alwaysReadable = [
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
]

/** What `fetch` in a page of another site does and lets the page see: sends what Chromium sends, with the checks of CORS (Fetch section 3.2). */
export class WebPage {
  readonly #origin: string
  readonly #port: number
  /** Every request that left the browser. */
  readonly sent: string[] = []

  constructor(origin: string, port: number) {
    this.#origin = origin
    this.#port = port
  }

  /** @throws TypeError as a browser does, when the server does not let the page */
  async fetch(path: string, options: PageRequest = {}): Promise<PageResponse> {
    const { method = 'GET', headers = {}, body } = options
    const unsafe = Object.keys(headers)
      .map((name) => name.toLowerCase())
      .filter((name) => name !== 'accept' && !isSafeType(name, headers[name] ?? ''))
      .toSorted()
    if (unsafe.length > 0) await this.#preflight(path, method, unsafe)
    const response = await this.#send(path, method, { ...headers }, body)
    this.#check(response)
    const readable = new Set([...alwaysReadable, ...listOf(response, 'expose-headers')])
    const seen = Object.entries(response.headers).filter(([name]) => readable.has(name))
    return {
      status: response.statusCode ?? 0,
      headers: new Map(seen.map(([name, value]) => [name, String(value)])),
      body: response,
    }
  }

  async #preflight(path: string, method: string, unsafe: readonly string[]): Promise<void> {
    const response = await this.#send(path, 'OPTIONS', {
      'access-control-request-method': method,
      'access-control-request-headers': unsafe.join(','),
    })
    this.#check(response)
    await text(response)
    const { statusCode = 0 } = response
    if (statusCode < 200 || statusCode > 299) throw new TypeError(`preflight: ${statusCode}`)
    const allowed = listOf(response, 'allow-headers')
    const refused = unsafe.find((name) => !allowed.includes(name))
    if (refused !== undefined) throw new TypeError(`preflight: ${refused}`)
  }

  #check({ headers }: IncomingMessage): void {
    if (headers['access-control-allow-origin'] !== this.#origin) throw new TypeError('not allowed')
    if (headers.vary !== 'Origin') throw new TypeError('may be kept for another origin')
  }

  #send(
    path: string,
    method: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<IncomingMessage> {
    this.sent.push(`${method} ${path.split('?')[0]}`)
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          method,
          agent: false,
          headers: {
            accept: '*/*',
            origin: this.#origin,
            referer: `${this.#origin}/`,
            'sec-fetch-dest': 'empty',
            'sec-fetch-mode': 'cors',
            'sec-fetch-site': 'cross-site',
            ...headers,
          },
        },
        resolve,
      )
      asked.on('error', reject)
      asked.end(body)
    })
  }
}

/** Fetch, CORS-safelisted request-header. */
function isSafeType(name: string, value: string): boolean {
  return name === 'content-type' && value === 'text/plain'
}

function listOf({ headers }: IncomingMessage, name: string): string[] {
  return String(headers[`access-control-${name}`] ?? '')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
}
