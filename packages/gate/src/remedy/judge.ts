import type { IpAddress } from '@gatepost/core'
import {
  mayAdmit,
  type ConnectionFilter,
  type Decision,
  type FilterVerdict,
} from '@gatepost/security-crowdsec'

import { carryOut } from './carry-out.ts'
import { defaultRemedies, type ListenerRemedies, type Remedy } from './remedy.ts'

/** What a listener is to do with a client or a login. */
export type Judgement =
  | { readonly kind: 'serve' }
  /** No decision, and the listener lets nobody in while decisions cannot be fetched. */
  | { readonly kind: 'unavailable' }
  | { readonly kind: Exclude<Remedy, 'ignore'>; readonly decision: Decision }

/** Judgements that leave nothing of a session. */
const endings = ['refuse', 'refuse_at_hello', 'drop', 'tarpit'] as const
const ending: ReadonlySet<string> = new Set(endings)

export function isEnding(judgement: Judgement): judgement is {
  readonly kind: (typeof endings)[number]
  readonly decision: Decision
} {
  return ending.has(judgement.kind)
}

/** Verdicts of the filter become what the listener's table says. From memory, without waiting. */
export class Judge {
  readonly #filter: ConnectionFilter
  readonly #remedies: (listener: string) => ListenerRemedies

  constructor(
    filter: ConnectionFilter,
    remedies: (listener: string) => ListenerRemedies = () => defaultRemedies,
  ) {
    this.#filter = filter
    this.#remedies = remedies
  }

  client(listener: string, address: IpAddress): Judgement {
    const judgement = this.#judged(listener, this.#filter.check(address))
    if (judgement.kind !== 'serve') return judgement
    const { onFailure } = this.#remedies(listener)
    return mayAdmit(this.#filter.status(), onFailure) ? judgement : { kind: 'unavailable' }
  }

  /** An open session: what happens to the Local API meanwhile does not end it, and nothing does that ends with a login where somebody has logged in. */
  session(listener: string, address: IpAddress, user: string | undefined): Judgement {
    const verdict = this.#filter.check(address)
    if (user === undefined) return this.#judged(listener, verdict)
    const byAddress = this.#judged(
      listener,
      verdict.kind === 'allow' ? verdict : { ...verdict, hasLoggedIn: true },
    )
    if (isEnding(byAddress)) return byAddress
    const byUser = this.user(listener, user, address)
    return byUser.kind === 'serve' ? byAddress : byUser
  }

  /** A login: decisions on the account alone. `user` is as the client wrote it. */
  user(listener: string, user: string, address: IpAddress): Judgement {
    return this.#judged(listener, this.#filter.checkUser(user, address))
  }

  #judged(listener: string, verdict: FilterVerdict): Judgement {
    if (verdict.kind === 'allow') return { kind: 'serve' }
    const { remedy, decision } = carryOut(verdict, listener, this.#remedies(listener))
    return remedy === 'ignore' ? { kind: 'serve' } : { kind: remedy, decision }
  }
}
