import type { AppliedRemediation, FilterAction, FilterUsage } from './filter-usage.ts'

/** One item of the Local API's usage metrics. */
export interface UsageItem {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * `dropped` and `processed` are what `cscli metrics` knows. It tells items apart by origin, address family, name, unit and value only, so
 * two protocols with equal counts under one name would become one: each has names of its own beside the sums.
 */
const names: Readonly<Record<FilterAction, string>> = {
  refused: 'dropped',
  tarpitted: 'dropped',
  greylisted: 'greylisted',
  challenged: 'challenged',
  throttled: 'throttled',
  held: 'held',
  cut: 'killed_sessions',
}
const remediationOf: Readonly<Record<string, string>> = {
  dropped: 'ban',
  killed_sessions: 'ban',
  greylisted: 'captcha',
  challenged: 'captcha',
  throttled: 'throttle',
  held: 'hold',
}
/** Origins are the Local API's, and few; a foreign one cannot make more of them. */
const maxCounters = 2000

interface Counter {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  value: number
}

/** Counts what the doors do since the last good report. */
export class UsageCounters implements FilterUsage {
  readonly #counters = new Map<string, Counter>()

  processed(protocol: string, family: 4 | 6): void {
    const labels = { ip_type: `ipv${family}` }
    this.#add('processed', labels)
    this.#add(`${protocol}_processed`, labels)
  }

  applied({ protocol, family, action, decision }: AppliedRemediation): void {
    const name = names[action]
    const labels = {
      origin: decision.origin,
      ip_type: `ipv${family}`,
      remediation: remediationOf[name] ?? '',
    }
    this.#add(name, labels)
    this.#add(`${protocol}_${name}`, labels)
  }

  /** What has been counted, and a function that takes it off when it has been reported: what is counted meanwhile stays. */
  take(): { readonly items: readonly UsageItem[]; readonly reported: () => void } {
    const taken = [...this.#counters].map(([key, { name, labels, value }]) => ({
      key,
      item: { name, value, unit: 'request', labels },
    }))
    const reported = (): void => {
      for (const { key, item } of taken) {
        const counter = this.#counters.get(key)
        if (counter === undefined) continue
        counter.value -= item.value
        if (counter.value === 0) this.#counters.delete(key)
      }
    }
    return { items: taken.map(({ item }) => item), reported }
  }

  #add(name: string, labels: Readonly<Record<string, string>>): void {
    const key = `${name}\n${Object.values(labels).join('\n')}`
    const counter = this.#counters.get(key)
    if (counter !== undefined) counter.value += 1
    else if (this.#counters.size < maxCounters) this.#counters.set(key, { name, labels, value: 1 })
  }
}
