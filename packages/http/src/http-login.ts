import type { Evidence, LoginClient, Logins } from '@gatepost/auth'
import type { BoundLogin, GateConnection } from '@gatepost/gate'
import type { AuthFailed } from '@gatepost/security-crowdsec'

import { readAuthorization } from './authorization.ts'
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

const maxTold = 1000

/** Basic (RFC 7617) or a bearer token (RFC 6750) with every request, one event per login. */
export class HttpLogin {
  readonly #options: HttpLoginOptions
  readonly #logins = new WeakMap<GateConnection, ConnectionLogins>()

  constructor(options: HttpLoginOptions) {
    this.#options = options
  }

  /** @throws ProblemError 401, 403 over plain HTTP, 429 for a decision on the account, 503 when too many checks wait */
  async login(client: HttpClient, authorization: string | undefined): Promise<BoundLogin> {
    if (authorization === undefined) throw unauthorized('Log in with your address and password')
    const evidence = readAuthorization(authorization)
    // Whose password would it be? Every client of that proxy is one address to us, and a guess is anybody's.
    if (client.isByUnlistedProxy)
      throw plainProblem(
        403,
        'This proxy is not in proxy.trusted: no passwords are taken from there',
      )
    if (!client.isPrivate) {
      this.#fail(client, {
        user: evidence?.user ?? '',
        mechanism: evidence?.mechanism ?? 'BASIC',
        reason: 'not_over_tls',
      })
      throw this.#closing(
        client,
        plainProblem(403, 'Use https: passwords do not travel in the clear'),
      )
    }
    if (evidence === undefined) {
      this.#fail(client, { user: '', mechanism: schemeOf(authorization), reason: 'malformed' })
      throw this.#closing(client, unauthorized('Malformed credentials'))
    }
    const outcome = await this.#options.logins.attempt(this.#loginClient(client), evidence)
    switch (outcome.kind) {
      case 'busy':
        throw plainProblem(503, 'Too many logins at once', { headers: { 'retry-after': '5' } })
      case 'blocked':
        throw plainProblem(429, 'Logins are blocked for now', { headers: { 'retry-after': '60' } })
      case 'refused':
        this.#of(client.connection).failures += 1
        throw this.#closing(client, wrong(evidence))
      case 'authenticated':
        this.#succeed(client, outcome, evidence.mechanism)
        return outcome
    }
  }

  /** No more logins on this connection. */
  isExhausted(connection: GateConnection): boolean {
    return this.#of(connection).failures >= this.#options.maxAuthFailures
  }

  #fail(client: HttpClient, event: AuthFailed): void {
    this.#of(client.connection).failures += 1
    this.#options.logins.failed(this.#loginClient(client), event)
  }

  #loginClient(client: HttpClient): LoginClient {
    const { connection, address, security } = client
    return {
      protocol: 'http',
      listener: connection.listener,
      address,
      security,
      refused: (decision, action) => tellRefused(this.#options, client, decision, action),
    }
  }

  #succeed(client: HttpClient, login: BoundLogin, mechanism: string): void {
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

/** `error`: of the token (RFC 6750 section 3.1). */
function unauthorized(title: string, error = ''): ProblemError {
  return plainProblem(401, title, {
    headers: {
      'www-authenticate': `Basic realm="Gatepost", charset="UTF-8", Bearer realm="Gatepost"${error}`,
    },
  })
}

function wrong({ kind }: Evidence): ProblemError {
  return kind === 'token'
    ? unauthorized('This token is not valid', ', error="invalid_token"')
    : unauthorized('Wrong address or password')
}

function schemeOf(authorization: string): string {
  return (/^[\w-]{1,32}(?= )/.exec(authorization)?.[0] ?? '').toUpperCase()
}
