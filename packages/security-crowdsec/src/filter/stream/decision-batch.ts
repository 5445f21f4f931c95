import { codeOf, readWords, type Words } from './address-words.ts'
import type { LapiDecision, NamedScope } from './lapi-decision.ts'

/** What many decisions share: one object for all of them. */
export interface DecisionKind {
  readonly type: string
  readonly scenario: string
  readonly origin: string
}
export interface Name {
  readonly scope: NamedScope
  readonly name: string
}

/** In `codes`: the row is on somebody by name, not on a network. */
export const namedCode = 255

interface V4Row extends DecisionKind {
  readonly id: number
  readonly remainingMs: number
  readonly word: number
  readonly prefix: number
}

const firstCapacity = 64

/**
 * An answer of the Local API as columns: 37 bytes a decision instead of an object with strings, and nothing for the garbage collector.
 * Rows 0 to `size - 1` are decisions; `deleted` holds ids.
 */
export class DecisionBatch {
  ids: Float64Array = new Float64Array(firstCapacity)
  remainingMs: Float64Array = new Float64Array(firstCapacity)
  /** Four words a row. */
  words: Int32Array = new Int32Array(firstCapacity * 4)
  codes: Uint8Array = new Uint8Array(firstCapacity)
  readonly kinds: DecisionKind[] = []
  readonly names: Map<number, Name> = new Map()
  readonly deleted: number[] = []
  size = 0
  /** New items that no table can hold: another scope, a value that names nobody. */
  unreadable = 0
  /** Their ids, where they have one. */
  readonly unreadableIds: number[] = []
  readonly #kindsByScenario = new Map<string, DecisionKind[]>()
  readonly #words: Words = { w0: 0, w1: 0, w2: 0, w3: 0 }
  #lastKind: DecisionKind = { type: '', scenario: '', origin: '' }

  static of(...decisions: readonly LapiDecision[]): DecisionBatch {
    const batch = new DecisionBatch()
    for (const decision of decisions) batch.add(decision)
    return batch
  }

  add({ id, type, scenario, origin, remainingMs, subject }: LapiDecision): void {
    const kind = this.#kind(type, scenario, origin)
    const at = this.#addRow(id, remainingMs, kind)
    if (subject.kind === 'name') {
      this.codes[at] = namedCode
      this.names.set(at, { scope: subject.scope, name: subject.name })
      return
    }
    const { w0, w1, w2, w3 } = readWords(subject.network.groups, this.#words)
    this.words[4 * at] = w0
    this.words[4 * at + 1] = w1
    this.words[4 * at + 2] = w2
    this.words[4 * at + 3] = w3
    this.codes[at] = codeOf(subject.network)
  }

  /** A decision on an IPv4 network, its address as a number with the host bits cleared. */
  addV4(row: V4Row): void {
    const kind = this.#kind(row.type, row.scenario, row.origin)
    const at = this.#addRow(row.id, row.remainingMs, kind)
    this.words[4 * at + 3] = row.word
    this.codes[at] = row.prefix
  }

  #addRow(id: number, remainingMs: number, kind: DecisionKind): number {
    if (this.size === this.ids.length) this.#grow()
    const at = this.size
    this.ids[at] = id
    this.remainingMs[at] = remainingMs
    this.kinds.push(kind)
    this.size += 1
    return at
  }

  #kind(type: string, scenario: string, origin: string): DecisionKind {
    if (isKind(this.#lastKind, type, scenario, origin)) return this.#lastKind
    let kinds = this.#kindsByScenario.get(scenario)
    if (kinds === undefined) this.#kindsByScenario.set(scenario, (kinds = []))
    let kind = kinds.find((known) => isKind(known, type, scenario, origin))
    if (kind === undefined) kinds.push((kind = { type, scenario, origin }))
    return (this.#lastKind = kind)
  }

  #grow(): void {
    const capacity = this.ids.length * 2
    this.ids = grown(this.ids, new Float64Array(capacity))
    this.remainingMs = grown(this.remainingMs, new Float64Array(capacity))
    this.words = grown(this.words, new Int32Array(capacity * 4))
    this.codes = grown(this.codes, new Uint8Array(capacity))
  }
}

function isKind(kind: DecisionKind, type: string, scenario: string, origin: string): boolean {
  return kind.scenario === scenario && kind.type === type && kind.origin === origin
}

/** `into` with what `from` holds at its start. */
export function grown<T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
