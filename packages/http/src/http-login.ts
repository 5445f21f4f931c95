import type { LoginClient, Logins } from '@gatepost/auth'
import type { BoundLogin, GateConnection } from '@gatepost/gate'
import type { AuthFailed } from '@gatepost/security-crowdsec'

import { parseBasicCredentials } from './basic-credentials.ts'
import type { HttpClient } from './http-client.ts'
import { plainProblem, type ProblemError } from './problem.ts'
import { tellRefused, type RefusalListeners } from './tell-refused.ts'

export interface HttpLoginOptions extends RefusalListeners {
  readonly logins: Logins
  readonly maxAuthFailures: number
}

interface ConnectionLogins {
  failures: number
  /** Client and user, so that a success is told once. */
  readonly told: Set<string>
}

const mechanism = 'BASIC'
const maxTold = 1000

/** Basic authentication (RFC 7617) on every request, one event per login. */
export class HttpLogin {
  readonly #options: HttpLoginOptions
  readonly #logins = new WeakMap<GateConnection, ConnectionLogins>()

  constructor(options: HttpLoginOptions) {
    this.#options = options
  }

  /** @throws ProblemError 401, 403 over plain HTTP, 429 for a decision on the account, 503 when too many checks wait */
  async login(client: HttpClient, authorization: string | undefined): Promise<BoundLogin> {
    if (authorization === undefined) throw unauthorized('Log in with your address and password')
    const credentials = parseBasicCredentials(authorization)
    // Whose password would it be? Every client of that proxy is one address to us, and a guess is anybody's.
    if (client.isByUnlistedProxy)
      throw plainProblem(
        403,
        'This proxy is not in proxy.trusted: no passwords are taken from there',
      )
    if (!client.isPrivate) {
      this.#fail(client, credentials?.user ?? '', 'not_over_tls')
      throw this.#closing(
        client,
        plainProblem(403, 'Use https: passwords do not travel in the clear'),
      )
    }
    if (credentials === undefined) {
      this.#fail(client, '', 'malformed', schemeOf(authorization))
      throw this.#closing(client, unauthorized('Malformed credentials'))
    }
    const { user, password } = credentials
    const outcome = await this.#options.logins.attempt(this.#loginClient(client), {
      user,
      password,
      mechanism,
    })
    switch (outcome.kind) {
      case 'busy':
        throw plainProblem(503, 'Too many logins at once', { headers: { 'retry-after': '5' } })
      case 'blocked':
        throw plainProblem(429, 'Logins are blocked for now', { headers: { 'retry-after': '60' } })
      case 'refused':
        this.#of(client.connection).failures += 1
        throw this.#closing(client, unauthorized('Wrong address or password'))
      case 'authenticated':
        this.#succeed(client, outcome)
        return outcome
    }
  }

  /** No more logins on this connection. */
  isExhausted(connection: GateConnection): boolean {
    return this.#of(connection).failures >= this.#options.maxAuthFailures
  }

  #fail(client: HttpClient, user: string, reason: AuthFailed['reason'], scheme = mechanism): void {
    this.#of(client.connection).failures += 1
    const { logins } = this.#options
    logins.failed(this.#loginClient(client), { user, mechanism: scheme, reason })
  }

  #loginClient(client: HttpClient): LoginClient {
    const { connection, address, security } = client
    return {
      listener: connection.listener,
      address,
      security,
      refused: (decision, action) => tellRefused(this.#options, client, decision, action),
    }
  }

  #succeed(client: HttpClient, login: BoundLogin): void {
    const { access } = login
    const { told } = this.#of(client.connection)
    const key = `${client.address.text} ${access.principal.id}`
    if (told.has(key)) return
    if (told.size >= maxTold) told.clear()
    told.add(key)
    this.#options.logins.succeeded(this.#loginClient(client), { access, mechanism })
    // A proxy's connection carries many users: none of them owns it.
    if (!client.isProxied) client.connection.bindLogin(login)
  }

  #closing(client: HttpClient, error: ProblemError): ProblemError {
    if (!this.isExhausted(client.connection)) return error
    return plainProblem(error.problem.status, error.problem.title ?? '', {
      headers: { ...error.headers, connection: 'close' },
    })
  }

  #of(connection: GateConnection): ConnectionLogins {
    const known = this.#logins.get(connection)
    if (known !== undefined) return known
    const made = { failures: 0, told: new Set<string>() }
    this.#logins.set(connection, made)
    return made
  }
}

function unauthorized(title: string): ProblemError {
  return plainProblem(401, title, {
    headers: { 'www-authenticate': 'Basic realm="Gatepost", charset="UTF-8"' },
  })
}

/** `BEARER` for a token that nobody gave out. */
function schemeOf(authorization: string): string {
  return (/^[\w-]{1,32}(?= )/.exec(authorization)?.[0] ?? '').toUpperCase()
}
