import type { Access } from '@gatepost/core'
import type { BoundLogin } from '@gatepost/gate'
import type { FastifyRequest } from 'fastify'

import type { HttpClient } from './http-client.ts'
import { plainProblem } from './problem.ts'

/** What the hooks found out about a request, for its handler. */
export class RequestState {
  readonly #clients = new WeakMap<FastifyRequest, HttpClient>()
  readonly #logins = new WeakMap<FastifyRequest, BoundLogin>()

  setClient(request: FastifyRequest, client: HttpClient): void {
    this.#clients.set(request, client)
  }

  setLogin(request: FastifyRequest, login: BoundLogin): void {
    this.#logins.set(request, login)
  }

  client(request: FastifyRequest): HttpClient {
    const client = this.#clients.get(request)
    if (client === undefined) throw plainProblem(500, 'Not through the gate')
    return client
  }

  isLoggedIn(request: FastifyRequest): boolean {
    return this.#logins.has(request)
  }

  login(request: FastifyRequest): BoundLogin {
    const login = this.#logins.get(request)
    if (login === undefined) throw plainProblem(500, 'Not logged in')
    return login
  }

  access(request: FastifyRequest): Access {
    return this.login(request).access
  }
}
