import { timingSafeEqual } from 'node:crypto'

import { isLoopbackAddress, isPrivateAddress } from '@gatepost/core'
import { plainProblem, type HttpClient, type HttpParts } from '@gatepost/http'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface AdminLoginOptions {
  /** Of this installation, for programs: `Authorization: Bearer <token>` (RFC 6750). */
  readonly token: string
  /** Whether programs on this machine need no login. */
  readonly trustsThisMachine: boolean
}

/** Who may see what the admin listener shows: programs on this machine, programs with the token, and people with the role of an administrator. */
export class AdminLogin {
  readonly #options: AdminLoginOptions

  constructor(options: AdminLoginOptions) {
    this.#options = options
  }

  /** @throws ProblemError 401, 403, 429, 503: as a login does, and 403 for who is no administrator */
  async check(request: FastifyRequest, reply: FastifyReply, http: HttpParts): Promise<void> {
    if (this.isTrusted(request, http)) return
    await http.login(request, reply)
    if (!http.state.access(request).roles.has('admin'))
      throw plainProblem(403, 'Only administrators may see this')
  }

  /** Without a look at a password. */
  isTrusted(request: FastifyRequest, { state }: Pick<HttpParts, 'state'>): boolean {
    const client = state.client(request)
    if (this.#options.trustsThisMachine && client.isLocal) return true
    return mayCarryToken(client) && this.#isToken(request.headers.authorization)
  }

  #isToken(authorization = ''): boolean {
    const given = Buffer.from(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '')
    const token = Buffer.from(this.#options.token)
    return given.length === token.length && timingSafeEqual(given, token)
  }
}

/** Over TLS, or in a network of one's own, where Prometheus and the like ask without TLS. */
function mayCarryToken({ isPrivate, isByUnlistedProxy, connection }: HttpClient): boolean {
  const { remote } = connection
  return !isByUnlistedProxy && (isPrivate || isLoopbackAddress(remote) || isPrivateAddress(remote))
}
