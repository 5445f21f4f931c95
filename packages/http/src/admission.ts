import { subscriberOf, type Clock } from '@gatepost/core'
import { isEnding, type Judge, type Judgement } from '@gatepost/gate'
import type { Decision, FilterAction } from '@gatepost/security-crowdsec'

import type { HttpClient } from './http-client.ts'
import { httpProtocol } from './http-protocol.ts'
import { Pace } from './pace.ts'
import { plainProblem, type ProblemError } from './problem.ts'
import { tellRefused, type RefusalListeners } from './tell-refused.ts'

export interface AdmissionOptions extends RefusalListeners {
  readonly judge: Judge
  readonly clock: Pick<Clock, 'monotonic'>
  /** Between two requests of an address under `slow`. */
  readonly slowMs: number
}

/** Seconds after which a client that has to prove itself may ask again. */
const challengeSeconds = 60

/** Every request is judged by its own client: behind a proxy one connection carries many. */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #pace: Pace

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#pace = new Pace(options.clock, options.slowMs)
  }

  /** @throws ProblemError 403, 429 or 503 */
  admit(client: HttpClient): void {
    const { judge, usage } = this.#options
    usage.processed(httpProtocol, client.address.family)
    const judgement = judge.client(client.connection.listener, client.address)
    if (judgement.kind === 'unavailable')
      throw plainProblem(503, 'Not available', { headers: { 'retry-after': '60' } })
    this.#carryOut(client, judgement)
  }

  /**
   * A request over a session that is open: decisions on its account count too, and what became of the Local API meanwhile does not.
   * @throws ProblemError 403 or 429
   */
  admitAgain(client: HttpClient, user: string): void {
    const { judge, usage } = this.#options
    usage.processed(httpProtocol, client.address.family)
    const judgement = judge.session(client.connection.listener, client.address, user)
    if (judgement.kind !== 'unavailable') this.#carryOut(client, judgement)
  }

  #carryOut(client: HttpClient, judgement: Exclude<Judgement, { kind: 'unavailable' }>): void {
    if (isEnding(judgement)) {
      this.#tell(client, judgement.decision, 'refused')
      throw plainProblem(403, 'Your address is blocked', { headers: closing(client) })
    }
    if (judgement.kind === 'challenge') {
      this.#tell(client, judgement.decision, 'challenged')
      throw tooMany(challengeSeconds)
    }
    if (judgement.kind === 'slow') {
      const waitMs = this.#pace.take(subscriberOf(client.address).text)
      if (waitMs === 0) return
      this.#tell(client, judgement.decision, 'throttled')
      throw tooMany(Math.ceil(waitMs / 1000))
    }
  }

  #tell(client: HttpClient, decision: Decision, action: FilterAction): void {
    tellRefused(this.#options, client, decision, action)
  }
}

function tooMany(seconds: number): ProblemError {
  return plainProblem(429, 'Too many requests', { headers: { 'retry-after': String(seconds) } })
}

/** A proxy keeps its connection: it carries other clients. */
export function closing({
  isProxied,
}: Pick<HttpClient, 'isProxied'>): Readonly<Record<string, string>> {
  return isProxied ? {} : { connection: 'close' }
}
