import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

import { password, proxyAddress } from './cast.ts'

export interface HttpQuestion {
  readonly listener?: 'http' | 'admin'
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The client that the trusted proxy names; undefined: there is no proxy. */
  readonly from: string | undefined
  /** Who logs in. */
  readonly user?: string
  readonly password?: string
  readonly signal?: AbortSignal
}
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** Requests over connections that are kept, as a proxy does. */
export class HttpClients implements Disposable {
  readonly #portOf: (listener: 'http' | 'admin') => number
  readonly #agent = new Agent({ keepAlive: true })

  constructor(portOf: (listener: 'http' | 'admin') => number) {
    this.#portOf = portOf
  }

  /** The user has his password, unless another one is given. */
  async ask(question: HttpQuestion): Promise<HttpAnswer> {
    const { listener = 'http', method = 'GET', path, headers, body, from, user, signal } = question
    const secret = question.password ?? password
    const asked = request({
      host: '127.0.0.1',
      port: this.#portOf(listener),
      method,
      path,
      agent: this.#agent,
      ...(signal === undefined ? {} : { signal }),
      ...(from === undefined ? {} : { localAddress: proxyAddress }),
      headers: {
        ...(from === undefined ? {} : { 'x-forwarded-for': from, 'x-forwarded-proto': 'https' }),
        ...(user === undefined ? {} : { authorization: `Basic ${btoa(`${user}:${secret}`)}` }),
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
    })
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    asked.on('error', reject)
    asked.once('response', (response) => {
      const { statusCode: status = 0, headers: told } = response
      buffer(response).then(
        (bytes) => resolve({ status, headers: told, text: bytes.toString('utf8') }),
        reject,
      )
    })
    asked.end(body)
    return promise
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
