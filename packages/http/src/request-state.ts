import type { AccountName } from '@gatepost/core'
import type { FastifyRequest } from 'fastify'

import type { HttpClient } from './http-client.ts'
import { plainProblem } from './problem.ts'

/** What the hooks found out about a request, for its handler. */
export class RequestState {
  readonly #clients = new WeakMap<FastifyRequest, HttpClient>()
  readonly #accounts = new WeakMap<FastifyRequest, AccountName>()

  setClient(request: FastifyRequest, client: HttpClient): void {
    this.#clients.set(request, client)
  }

  setAccount(request: FastifyRequest, account: AccountName): void {
    this.#accounts.set(request, account)
  }

  client(request: FastifyRequest): HttpClient {
    const client = this.#clients.get(request)
    if (client === undefined) throw plainProblem(500, 'Not through the gate')
    return client
  }

  isLoggedIn(request: FastifyRequest): boolean {
    return this.#accounts.has(request)
  }

  account(request: FastifyRequest): AccountName {
    const account = this.#accounts.get(request)
    if (account === undefined) throw plainProblem(500, 'Not logged in')
    return account
  }
}
