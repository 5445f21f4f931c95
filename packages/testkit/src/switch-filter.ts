import { isInNetwork, parseNetwork, type IpAddress } from '@gatepost/core'
import {
  canonicalUser,
  noUsage,
  remediations,
  type AppliedRemediation,
  type ConnectionFilter,
  type Decision,
  type DecisionChange,
  type DecisionScope,
  type FilterStatus,
  type FilterUsage,
  type FilterVerdict,
} from '@gatepost/security-crowdsec'

/** A ConnectionFilter whose decisions a test makes by hand, and which keeps what it is told. */
export class SwitchFilter implements ConnectionFilter {
  /** May be changed by a test: what `status` answers. */
  health: Partial<FilterStatus> = {}
  readonly applied: AppliedRemediation[] = []
  readonly failures: string[] = []
  readonly logins: string[] = []
  readonly usage: FilterUsage = { ...noUsage, applied: (event) => this.applied.push(event) }
  readonly #decisions = new Map<number, Decision>()
  readonly #listeners = new Set<(change: DecisionChange) => void>()
  #lastId = 0

  ban(value: string): Decision {
    return this.decide('ban', value)
  }

  /** `type` is a remediation or `allow`. */
  decide(type: string, value: string, scope: DecisionScope = 'ip'): Decision {
    this.#lastId += 1
    const decision = {
      id: this.#lastId,
      scope,
      value: scope === 'username' ? (canonicalUser(value) ?? '') : value,
      type,
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
    return this.#strongest(({ scope, value }) => {
      const network = scope === 'username' ? undefined : parseNetwork(value)
      return network !== undefined && isInNetwork(address, network)
    })
  }

  checkUser(user: string): FilterVerdict {
    const name = canonicalUser(user)
    return this.#strongest(({ scope, value }) => scope === 'username' && value === name)
  }

  noteAuthFailure(address: IpAddress): void {
    this.failures.push(address.text)
  }

  noteStrongLogin(user: string, address: IpAddress): void {
    this.logins.push(`${user} ${address.text}`)
  }

  decisions(): readonly Decision[] {
    return [...this.#decisions.values()]
  }

  decisionPages(): Iterable<readonly Decision[]> {
    return [this.decisions()]
  }

  onChange(listener: (change: DecisionChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  status(): FilterStatus {
    return {
      state: 'healthy',
      decisions: this.#decisions.size,
      lastSuccessAt: 0,
      ageMs: 0,
      lastError: null,
      ...this.health,
    }
  }

  #strongest(concerns: (decision: Decision) => boolean): FilterVerdict {
    const found = [...this.#decisions.values()].filter(concerns)
    if (found.some(({ type }) => type === 'allow'))
      return { kind: 'allow', exemption: 'allow_decision' }
    for (const kind of remediations) {
      const decision = found.find(({ type }) => type === kind)
      if (decision !== undefined) return { kind, decision }
    }
    return { kind: 'allow' }
  }
}
