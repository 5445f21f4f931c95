import { LapiError } from '../lapi/lapi-error.ts'
import { LapiHttp, type LapiHttpOptions, type LapiRequest } from '../lapi/lapi-http.ts'

export interface MachineClientOptions extends LapiHttpOptions {
  readonly machineId: string
  readonly password: string
}

/** The machine's side of the Local API: what a bouncer's key may not do. A token lasts an hour, and no longer than the Local API runs. */
export class MachineClient implements AsyncDisposable {
  readonly #options: MachineClientOptions
  readonly #http: LapiHttp
  #token: string | undefined

  constructor(options: MachineClientOptions) {
    this.#options = options
    this.#http = new LapiHttp(options)
  }

  /** `POST /v1/alerts`. @throws LapiError */
  async postAlerts(alerts: readonly object[], signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'POST', path: '/v1/alerts', body: alerts, signal })
  }

  /** `GET /v1/heartbeat`: a machine that sends none is one that `cscli machines prune` proposes to delete. @throws LapiError */
  async heartbeat(signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'GET', path: '/v1/heartbeat', signal })
  }

  /** `DELETE /v1/decisions/{id}`, which the Local API takes from its `trusted_ips` only (403 for others). @throws LapiError */
  async deleteDecision(id: number, signal: AbortSignal): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/v1/decisions/${id}`, signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http[Symbol.asyncDispose]()
  }

  async #send(request: LapiRequest): Promise<unknown> {
    const send = async (): Promise<unknown> => {
      const authorization = `Bearer ${await this.#loggedIn(request.signal)}`
      return this.#http.json({ ...request, headers: { authorization } })
    }
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof LapiError) || error.status !== 401) throw error
      // The token is too old, or the Local API has been started again: its secret is another one then.
      this.#token = undefined
      return send()
    }
  }

  async #loggedIn(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined) return this.#token
    const { machineId, password } = this.#options
    const answer = await this.#http.json({
      method: 'POST',
      path: '/v1/watchers/login',
      body: { machine_id: machineId, password, scenarios: [] },
      signal,
    })
    const token =
      typeof answer === 'object' && answer !== null && 'token' in answer ? answer.token : undefined
    if (typeof token !== 'string') throw new LapiError('the login was answered without a token')
    return (this.#token = token)
  }
}
