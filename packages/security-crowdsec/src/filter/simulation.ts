import type { Clock, IpAddress } from '@gatepost/core'

import type { ConnectionFilter, Decision } from './connection-filter.ts'
import type { Exemptions } from './exempt/exemptions.ts'
import type { PlaceFinder } from './place/place-finder.ts'
import type { DecisionBatch } from './stream/decision-batch.ts'
import { type Name } from './stream/decision-batch.ts'
import { DecisionTable } from './table/decision-table.ts'
import { Remedies } from './table/remedies.ts'

/** What decisions of scenarios in simulation mode would do if they were real. */
export interface Simulation {
  readonly decisions: readonly Decision[]
  /** Clients that have come lately and would have been refused, or served worse, though nothing real is decided about them. */
  readonly clients: readonly SimulatedClient[]
}
export interface SimulatedClient {
  readonly address: string
  readonly kind: string
  readonly decision: Decision
}
export interface SimulationOptions {
  /** `/v1/decisions` with and without what is simulated: the decisions themselves do not say. @throws LapiError */
  readonly everything: (withSimulated: boolean, signal: AbortSignal) => Promise<DecisionBatch>
  readonly filter: Pick<ConnectionFilter, 'check'>
  readonly recent: readonly IpAddress[]
  readonly clock: Clock
  readonly exemptions: Exemptions
  readonly remedies?: Remedies
  readonly places?: PlaceFinder
}

const noNames: readonly Name[] = []

/** @throws LapiError */
export async function simulate(
  options: SimulationOptions,
  signal: AbortSignal,
): Promise<Simulation> {
  const { everything, filter, recent, clock, exemptions, places } = options
  const remedies = options.remedies ?? new Remedies()
  // What comes or goes between two questions is real, and in one of the two lists around.
  const before = await everything(false, signal)
  const all = await everything(true, signal)
  const after = await everything(false, signal)
  const known = new Set([before, after].flatMap(({ ids, size }) => [...ids.subarray(0, size)]))
  const table = new DecisionTable({ clock, remedies })
  const intake = table.intake(1)
  for (let row = 0; row < all.size; row += 1)
    if (!known.has(all.ids[row] ?? 0)) table.put(all, row, intake)

  const clients: SimulatedClient[] = []
  for (const address of recent) {
    const names = table.placeCount === 0 ? noNames : (places?.namesOf(address) ?? noNames)
    const match = table.strongest(address, names)
    const kind = match === undefined ? undefined : remedies.remediation(match.rank)
    if (match === undefined || kind === undefined) continue
    if (exemptions.of(address) !== undefined || filter.check(address).kind !== 'allow') continue
    clients.push({ address: address.text, kind, decision: match.decision })
  }
  return { decisions: table.all(), clients }
}
