import { parseNetwork, isInNetwork, type IpAddress } from '@gatepost/core'
import type {
  ConnectionFilter,
  Decision,
  DecisionChange,
  FilterStatus,
  FilterVerdict,
} from '@gatepost/security-crowdsec'

/** A ConnectionFilter whose decisions a test makes by hand. */
export class SwitchFilter implements ConnectionFilter {
  readonly #decisions = new Map<number, Decision>()
  readonly #listeners = new Set<(change: DecisionChange) => void>()
  #lastId = 0

  ban(value: string): Decision {
    this.#lastId += 1
    const decision = {
      id: this.#lastId,
      value,
      type: 'ban',
      scenario: 'test/by-hand',
      origin: 'test',
      until: Number.MAX_SAFE_INTEGER,
    }
    this.#decisions.set(decision.id, decision)
    for (const listener of this.#listeners) listener({ added: [decision], deleted: [] })
    return decision
  }

  lift(decision: Decision): void {
    this.#decisions.delete(decision.id)
    for (const listener of this.#listeners) listener({ added: [], deleted: [decision] })
  }

  check(address: IpAddress): FilterVerdict {
    for (const decision of this.#decisions.values()) {
      const network = parseNetwork(decision.value)
      if (network !== undefined && isInNetwork(address, network)) return { kind: 'ban', decision }
    }
    return { kind: 'allow' }
  }

  decisions(): readonly Decision[] {
    return [...this.#decisions.values()]
  }

  onChange(listener: (change: DecisionChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  status(): FilterStatus {
    return { state: 'healthy', decisions: this.#decisions.size, lastSuccessAt: 0, lastError: null }
  }
}
