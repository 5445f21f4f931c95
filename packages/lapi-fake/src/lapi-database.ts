import { isInNetwork, parseIp, parseNetwork } from '@gatepost/core'

import { goDuration } from './go-duration.ts'

/** `1.4.6` is what Debian has, `1.7` stands for everything since 1.6.3. */
export type LapiRelease = '1.4.6' | '1.7'

export interface FakeDecision {
  readonly value: string
  readonly scope?: string
  readonly type?: string
  readonly origin?: string
  readonly scenario?: string
  readonly durationMs?: number
  readonly simulated?: boolean
}
interface Row extends Required<Omit<FakeDecision, 'durationMs'>> {
  readonly id: number
  readonly createdAt: number
  until: number
}
/** Of every question about decisions; left out or empty: all. */
export interface DecisionFilters {
  readonly origins?: readonly string[]
  readonly scenariosContaining?: readonly string[]
  readonly scenariosNotContaining?: readonly string[]
}
export interface StreamQuery extends DecisionFilters {
  readonly key: string
  readonly isStartup: boolean
  readonly scopes: readonly string[]
  readonly isDeduplicated: boolean
  readonly withSimulated: boolean
}
export interface StreamLists {
  readonly new: readonly object[]
  readonly deleted: readonly object[]
}

const foldedScopes = new Map([
  ['ip', 'Ip'],
  ['range', 'Range'],
  ['country', 'Country'],
  ['as', 'AS'],
])
/** A row that is over is told for so long after it was first. */
const repeatMs = 2000
/** A live query moves the cursor of its key once it is that old. */
const liveMovesAfterMs = 60_000

/** What the Local API keeps: decisions, and where each key has got to. */
export class LapiDatabase {
  readonly #release: LapiRelease
  readonly #now: () => number
  readonly #rows: Row[] = []
  readonly #cursors = new Map<string, number>()
  #lastId = 0
  /** What others commit while an answer to the stream is being made: younger than what it was made of, older than the cursor, and so in no delta. */
  commitMeanwhile: (() => void) | undefined

  constructor(release: LapiRelease, now: () => number) {
    this.#release = release
    this.#now = now
  }

  /** Ids that hold now. */
  get active(): readonly number[] {
    return this.#rows.filter((row) => row.until > this.#now()).map(({ id }) => id)
  }

  add(decision: FakeDecision): number {
    const { durationMs = 4 * 3_600_000, ...rest } = decision
    this.#lastId += 1
    this.#rows.push({
      scope: decision.value.includes('/') ? 'Range' : 'Ip',
      type: 'ban',
      origin: 'crowdsec',
      scenario: 'gatepost/mail-bf',
      simulated: false,
      ...rest,
      id: this.#lastId,
      createdAt: this.#now(),
      until: this.#now() + durationMs,
    })
    return this.#lastId
  }

  /** Deleting is ending now; false when it has ended. */
  delete(id: number): boolean {
    const row = this.#rows.find((other) => other.id === id)
    if (row === undefined || row.until <= this.#now()) return false
    row.until = this.#now()
    return true
  }

  /** Rows that are over are forgotten, as the engine does now and then. */
  flush(): void {
    for (let index = this.#rows.length - 1; index >= 0; index -= 1)
      if ((this.#rows[index]?.until ?? 0) <= this.#now()) this.#rows.splice(index, 1)
  }

  stream(query: StreamQuery): StreamLists {
    const now = this.#now()
    const cursor = this.#cursors.get(query.key) ?? 0
    const rows = this.#rows.filter((row) => this.#isAsked(row, query))
    const fresh = rows.filter(
      (row) => row.until > now && (query.isStartup || row.createdAt > cursor),
    )
    const over = rows.filter(
      (row) => row.until <= now && (query.isStartup || row.until > cursor - repeatMs),
    )
    const isLongest = (row: Row): boolean =>
      !query.isDeduplicated || !rows.some((other) => hides(other, row))
    const lists = {
      new: fresh.filter(isLongest).map((row) => this.#shown(row)),
      deleted: over.filter(isLongest).map((row) => this.#shown(row)),
    }
    this.commitMeanwhile?.()
    this.moveCursor(query.key)
    return lists
  }

  moveCursor(key: string): void {
    this.#cursors.set(key, this.#now())
  }

  /** `?ip=`: decisions of scope Ip and Range alone. @throws Error for what is no address */
  live(
    key: string,
    ip: string | null,
    withSimulated = false,
    filters: DecisionFilters = {},
  ): readonly object[] {
    const address = ip === null ? undefined : parseIp(ip)
    if (ip !== null && address === undefined) throw new Error(`invalid ip address '${ip}'`)
    const now = this.#now()
    if (now - (this.#cursors.get(key) ?? now) >= liveMovesAfterMs) this.moveCursor(key)
    return this.#rows
      .filter((row) => {
        const { until, simulated, scope, value } = row
        if (!isWanted(row, filters)) return false
        if (until <= now || (simulated && !withSimulated)) return false
        const network = scope === 'Ip' || scope === 'Range' ? parseNetwork(value) : undefined
        return address === undefined || (network !== undefined && isInNetwork(address, network))
      })
      .map((row) => this.#shown(row))
  }

  #isAsked(row: Row, query: StreamQuery): boolean {
    const { scopes, withSimulated } = query
    if (!isWanted(row, query)) return false
    const wanted = scopes.map((scope) => foldedScopes.get(scope.toLowerCase()) ?? scope)
    return wanted.includes(row.scope) && (withSimulated || !row.simulated)
  }

  #shown({ id, origin, scenario, scope, type, value, until }: Row): object {
    const shown = { id, origin, scenario, scope, type, value }
    const duration = goDuration(until - this.#now(), this.#release === '1.4.6')
    return this.#release === '1.4.6'
      ? { duration, ...shown }
      : { duration, ...shown, uuid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}` }
  }
}

function isWanted({ origin, scenario }: Row, filters: DecisionFilters): boolean {
  const { origins = [], scenariosContaining = [], scenariosNotContaining = [] } = filters
  if (origins.length > 0 && !origins.includes(origin)) return false
  if (scenariosNotContaining.some((word) => scenario.includes(word))) return false
  return (
    scenariosContaining.length === 0 || scenariosContaining.some((word) => scenario.includes(word))
  )
}

/** With `dedup` a decision is not told when a longer one is on the same. */
function hides(other: Row, row: Row): boolean {
  return (
    other !== row &&
    other.scope === row.scope &&
    other.value === row.value &&
    other.type === row.type &&
    (other.until > row.until || (other.until === row.until && other.id > row.id))
  )
}
