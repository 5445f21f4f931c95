import type { DecisionKind } from './decision-batch.ts'

/** Which decisions the Local API is asked for. Empty lists: all. */
export interface StreamFilters {
  readonly origins: readonly string[]
  /** Parts of names: one of them has to be in the scenario's. */
  readonly scenariosContaining: readonly string[]
  /** None of them may be in it. */
  readonly scenariosNotContaining: readonly string[]
}

export const noStreamFilters: StreamFilters = {
  origins: [],
  scenariosContaining: [],
  scenariosNotContaining: [],
}

/** As the Local API takes them, with the stream and with every other list of decisions. */
export function filterQuery(filters: StreamFilters): Record<string, string> {
  const lists = {
    origins: filters.origins,
    scenarios_containing: filters.scenariosContaining,
    scenarios_not_containing: filters.scenariosNotContaining,
  }
  return Object.fromEntries(
    Object.entries(lists)
      .filter(([, words]) => words.length > 0)
      .map(([name, words]) => [name, words.join(',')]),
  )
}

/** What the Local API would leave out. Of a snapshot that was made with other filters. */
export function isAskedFor(kind: DecisionKind, filters: StreamFilters): boolean {
  const { origins, scenariosContaining: wanted, scenariosNotContaining: unwanted } = filters
  // A list's decision has the list's name behind its origin here.
  const origin = kind.origin.startsWith('lists:') ? 'lists' : kind.origin
  if (origins.length > 0 && !origins.includes(origin)) return false
  if (unwanted.some((word) => kind.scenario.includes(word))) return false
  return wanted.length === 0 || wanted.some((word) => kind.scenario.includes(word))
}
