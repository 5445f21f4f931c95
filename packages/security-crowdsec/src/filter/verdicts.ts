import type { IpAddress } from '@gatepost/core'

import type { Decision, FilterVerdict, Ruling } from './connection-filter.ts'
import type { Exemptions } from './exempt/exemptions.ts'
import type { FilterMetrics } from './filter-metrics.ts'
import type { PlaceFinder } from './place/place-finder.ts'
import type { Name } from './stream/decision-batch.ts'
import type { DecisionTable, Match } from './table/decision-table.ts'
import { allowRank, type Remedies } from './table/remedies.ts'
import { canonicalUser } from './user-name.ts'

export interface VerdictsOptions {
  readonly table: DecisionTable
  readonly remedies: Remedies
  readonly exemptions: Exemptions
  /** Left out: decisions on countries and systems concern nobody. */
  readonly places?: PlaceFinder | undefined
  readonly metrics: Pick<FilterMetrics, 'lookedUp'>
}

const allowed: FilterVerdict = { kind: 'allow' }
const noNames: readonly Name[] = []

/** What the decisions in the table come to for a client: the strongest that means something, unless the client is exempt from it. */
export class Verdicts {
  readonly #options: VerdictsOptions

  constructor(options: VerdictsOptions) {
    this.#options = options
  }

  ofAddress(address: IpAddress): FilterVerdict {
    const { table, places, exemptions } = this.#options
    const names = places === undefined || table.placeCount === 0 ? noNames : places.namesOf(address)
    const match = table.strongest(address, names)
    const verdict = this.#judge(match, () => exemptions.of(address))
    if (verdict.kind === 'allow' || match === undefined) return verdict
    return {
      ...verdict,
      ...(match.isOnly ? {} : { others: this.#others(match, table.matching(address, names)) }),
      ...(exemptions.hasLoggedIn(address) ? { hasLoggedIn: true } : {}),
    }
  }

  /** Of decisions on the account alone. `user` is as the client wrote it. */
  ofUser(user: string, address: IpAddress): FilterVerdict {
    const { table, exemptions } = this.#options
    const names = namesOfUser(user)
    if (names.length === 0) return allowed
    const match = table.strongest(undefined, names)
    return this.#judge(match, (ruling) => exemptions.ofUser(user, address, ruling))
  }

  /** Everything that is decided about an address, or about an account. */
  decisionsOn(subject: IpAddress | { readonly user: string }): readonly Decision[] {
    const { table, places } = this.#options
    return 'user' in subject
      ? table.matching(undefined, namesOfUser(subject.user))
      : table.matching(subject, places?.namesOf(subject) ?? noNames)
  }

  #judge(
    match: Match | undefined,
    exemptionOf: (ruling: Ruling) => ReturnType<Exemptions['of']>,
  ): FilterVerdict {
    const { remedies, metrics } = this.#options
    const kind = match === undefined ? undefined : remedies.remediation(match.rank)
    if (match === undefined || kind === undefined) {
      metrics.lookedUp(false)
      return match?.rank === allowRank ? { kind: 'allow', exemption: 'allow_decision' } : allowed
    }
    const exemption = exemptionOf({ kind, decision: match.decision })
    metrics.lookedUp(exemption === undefined)
    return exemption === undefined
      ? { kind, decision: match.decision }
      : { kind: 'allow', exemption }
  }

  /** The weaker ones that mean something. */
  #others({ decision }: Match, matching: readonly Decision[]): Ruling[] {
    const { remedies } = this.#options
    return matching.flatMap((other) => {
      const kind = remedies.remediation(remedies.rank(other.type))
      return kind === undefined || other.id === decision.id ? [] : [{ kind, decision: other }]
    })
  }
}

/** None when it can be nobody's. */
function namesOfUser(user: string): readonly Name[] {
  const name = canonicalUser(user)
  return name === undefined ? noNames : [{ scope: 'username', name }]
}
