import type { PrincipalId, ScramKeys } from '@gatepost/core'

import { isProofOf, type ScramProof } from './scram-keys.ts'

const maxPrincipals = 10_000
const maxKeys = 4

/** Keys that have let somebody in since the start: a proof of some that count no more is an old password or a deleted one, and no guess. */
export class FormerKeys {
  readonly #stored = new Map<PrincipalId, readonly string[]>()

  add(principal: PrincipalId, { storedKey }: ScramKeys): void {
    const known = this.#stored.get(principal) ?? []
    if (known[0] === storedKey) return
    if (known.length === 0 && this.#stored.size >= maxPrincipals) this.#stored.clear()
    const others = known.filter((one) => one !== storedKey)
    this.#stored.set(principal, [storedKey, ...others].slice(0, maxKeys))
  }

  /** The StoredKey of it. */
  find(principal: PrincipalId, proof: ScramProof): string | undefined {
    return this.#stored.get(principal)?.find((storedKey) => isProofOf({ storedKey }, proof))
  }
}
