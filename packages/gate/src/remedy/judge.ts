import type { IpAddress } from '@gatepost/core'
import {
  mayAdmit,
  type ConnectionFilter,
  type Decision,
  type FilterVerdict,
} from '@gatepost/security-crowdsec'

import { defaultRemedies, type ListenerRemedies, type Remedy } from './remedy.ts'

/** What a listener is to do with a client or a login. */
export type Judgement =
  | { readonly kind: 'serve' }
  /** No decision, and the listener lets nobody in while decisions can not be fetched. */
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
    const remedies = this.#remedies(listener)
    const judgement = carriedOut(this.#filter.check(address), remedies)
    if (judgement.kind !== 'serve') return judgement
    return mayAdmit(this.#filter.status(), remedies.onFailure) ? judgement : { kind: 'unavailable' }
  }

  /** An open session: what happens to the Local API meanwhile does not end it. */
  session(listener: string, address: IpAddress, user: string | undefined): Judgement {
    const remedies = this.#remedies(listener)
    const byAddress = carriedOut(this.#filter.check(address), remedies)
    if (user === undefined || isEnding(byAddress)) return byAddress
    const byUser = this.user(listener, user, address)
    return byUser.kind === 'serve' ? byAddress : byUser
  }

  /** A login: decisions on the account alone. `user` is as the client wrote it. */
  user(listener: string, user: string, address: IpAddress): Judgement {
    return carriedOut(this.#filter.checkUser(user, address), this.#remedies(listener))
  }
}

function carriedOut(verdict: FilterVerdict, remedies: ListenerRemedies): Judgement {
  if (verdict.kind === 'allow') return { kind: 'serve' }
  const kind = remedies[verdict.kind]
  return kind === 'ignore' ? { kind: 'serve' } : { kind, decision: verdict.decision }
}
