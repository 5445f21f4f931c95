import type { Name } from '../stream/decision-batch.ts'

const none: readonly number[] = []

/** The slots of decisions that are on a name: a country, a system, an account. */
export class NameIndex {
  readonly #slots = new Map<string, number[]>()
  #places = 0

  /** How many are on countries and systems. */
  get places(): number {
    return this.#places
  }

  of(name: Name): readonly number[] {
    return this.#slots.get(keyOf(name)) ?? none
  }

  add(slot: number, name: Name): void {
    const key = keyOf(name)
    const others = this.#slots.get(key)
    if (others === undefined) this.#slots.set(key, [slot])
    else others.push(slot)
    if (name.scope !== 'username') this.#places += 1
  }

  remove(slot: number, name: Name): void {
    const key = keyOf(name)
    const left = this.of(name).filter((other) => other !== slot)
    if (left.length > 0) this.#slots.set(key, left)
    else this.#slots.delete(key)
    if (name.scope !== 'username') this.#places -= 1
  }
}

function keyOf({ scope, name }: Name): string {
  return `${scope}:${name}`
}
