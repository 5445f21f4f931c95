import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Login {
  readonly user: string
  readonly password: string
}

/** As through a proxy that is trusted and ends TLS. */
export class JmapClient {
  readonly #port: number
  readonly #headers: Readonly<Record<string, string>>
  #accountId = ''

  constructor(port: number, { user, password }: Login) {
    this.#port = port
    this.#headers = {
      authorization: `Basic ${btoa(`${user}:${password}`)}`,
      'content-type': 'application/json',
      'x-forwarded-for': '192.0.2.1',
      'x-forwarded-proto': 'https',
    }
  }

  /** Finds out which account is whose. */
  async begin(): Promise<void> {
    const session = JSON.parse(await this.#ask('/.well-known/jmap')) as {
      readonly primaryAccounts: Readonly<Record<string, string>>
    }
    this.#accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? ''
  }

  /** The arguments of the answer. @throws Error unless the method answers */
  async call(method: string, args: object): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#ask('/jmap/api', {
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'],
      methodCalls: [[method, { accountId: this.#accountId, ...args }, 'c0']],
    })
    const { methodResponses } = JSON.parse(answer) as {
      readonly methodResponses?: readonly [string, Readonly<Record<string, unknown>>, string][]
    }
    const [first] = methodResponses ?? []
    if (first?.[0] !== method) throw new Error(answer)
    return first[1]
  }

  async #ask(path: string, body?: object): Promise<string> {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = this.#headers
    const asking = request({ port: this.#port, host: '127.0.0.1', path, method, headers })
    asking.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    return text(response)
  }
}
