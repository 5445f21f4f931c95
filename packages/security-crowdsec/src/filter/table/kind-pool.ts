import type { DecisionKind } from '../stream/decision-batch.ts'
import type { Remedies } from './remedies.ts'

/** What a decision is on, as the statistics tell them apart. */
export type SubjectType = 'ipv4' | 'ipv6' | 'name'

export interface PooledKind extends DecisionKind {
  readonly rank: number
  /** How many decisions are of this kind. */
  readonly counts: Readonly<Record<SubjectType, number>>
}
interface Pooled extends PooledKind {
  readonly counts: Record<SubjectType, number>
}

/** One object for all decisions of a type, scenario and origin, as long as there is one; it counts them too. */
export class KindPool {
  readonly #remedies: Remedies
  readonly #byKey = new Map<string, Pooled>()
  /** By the object that an answer uses for all its decisions of a kind. */
  readonly #byObject = new Map<DecisionKind, Pooled>()

  constructor(remedies: Remedies) {
    this.#remedies = remedies
  }

  take(from: DecisionKind, subject: SubjectType): PooledKind {
    let pooled = this.#byObject.get(from)
    if (pooled === undefined) {
      pooled = this.#find(from)
      this.#byObject.set(from, pooled)
    }
    pooled.counts[subject] += 1
    return pooled
  }

  giveBack(kind: PooledKind, subject: SubjectType): void {
    const pooled = this.#byKey.get(keyOf(kind))
    if (pooled === undefined) return
    pooled.counts[subject] -= 1
    if (pooled.counts.ipv4 + pooled.counts.ipv6 + pooled.counts.name > 0) return
    this.#byKey.delete(keyOf(kind))
    this.forgetObjects()
  }

  /** When an answer has been taken in: the next has objects of its own. */
  forgetObjects(): void {
    this.#byObject.clear()
  }

  all(): IterableIterator<PooledKind> {
    return this.#byKey.values()
  }

  #find(kind: DecisionKind): Pooled {
    const key = keyOf(kind)
    let pooled = this.#byKey.get(key)
    if (pooled === undefined) {
      const { type, scenario, origin } = kind
      const counts = { ipv4: 0, ipv6: 0, name: 0 }
      pooled = { type, scenario, origin, rank: this.#remedies.rank(type), counts }
      this.#byKey.set(key, pooled)
    }
    return pooled
  }
}

function keyOf({ type, scenario, origin }: DecisionKind): string {
  return `${type}\n${scenario}\n${origin}`
}
