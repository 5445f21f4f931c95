import { compile, type Expression, type Scope } from './expression.ts'
import type { HubItem } from './hub-item.ts'
import type { ReplayEvent } from './parse-line.ts'

/** An alert as the engine would raise it. */
export interface ReplayAlert {
  readonly scenario: string
  readonly scope: string
  readonly value: string
  readonly at: number
}

interface Bucket {
  tokens: number
  at: number
  readonly seen: Set<string>
  readonly queue: ReplayEvent[]
}

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }

/** One scenario over events in order of their time. For tests: what the server itself does is to write the lines. */
export class ScenarioReplay {
  readonly #item: HubItem
  readonly #filter: Expression
  readonly #group: Expression
  readonly #capacity: number
  readonly #leakMs: number
  readonly #buckets = new Map<string, Bucket>()
  readonly #hiddenUntil = new Map<string, number>()

  constructor(item: HubItem) {
    this.#item = item
    this.#filter = compile(item.filter ?? '')
    this.#group = compile(item.groupby ?? "''")
    this.#capacity = item.capacity ?? 0
    this.#leakMs = item.leakspeed === undefined ? 0 : millisecondsOf(item.leakspeed)
  }

  /** Empty: nothing happens, or it happened a short while ago. Else one for each source in the bucket, as the engine has it. */
  pour(event: ReplayEvent): readonly ReplayAlert[] {
    const scope = scopeOf(event)
    if (this.#filter(scope) !== true) return []
    const key = String(this.#group(scope))
    const bucket = this.#bucket(key, event.at)
    if (this.#isKnown(bucket, scope)) return []
    if (holds(this.#item.cancel_on, scope)) {
      this.#buckets.delete(key)
      return []
    }
    if (!this.#isOver(bucket, event)) return []
    this.#buckets.delete(key)
    return this.#alerts(key, bucket, event)
  }

  /** A new one when there is none, or when it has run empty. */
  #bucket(key: string, at: number): Bucket {
    const known = this.#buckets.get(key)
    if (known !== undefined && at - known.at <= (this.#capacity + 1) * this.#leakMs) return known
    const bucket = { tokens: this.#capacity, at, seen: new Set<string>(), queue: [] }
    this.#buckets.set(key, bucket)
    return bucket
  }

  #isKnown(bucket: Bucket, scope: Scope): boolean {
    if (this.#item.distinct === undefined) return false
    const element = String(compile(this.#item.distinct)(scope))
    if (bucket.seen.has(element)) return true
    bucket.seen.add(element)
    return false
  }

  /** Pours the event in. Whether that was one too many. */
  #isOver(bucket: Bucket, event: ReplayEvent): boolean {
    if (this.#leakMs > 0)
      bucket.tokens = Math.min(
        this.#capacity,
        bucket.tokens + Math.max(0, event.at - bucket.at) / this.#leakMs,
      )
    bucket.at = event.at
    bucket.queue.push(event)
    if (bucket.queue.length > this.#capacity + 1) bucket.queue.shift()
    if (bucket.tokens < 1) return true
    bucket.tokens -= 1
    return false
  }

  #alerts(key: string, bucket: Bucket, event: ReplayEvent): ReplayAlert[] {
    const { name, overflow_filter: filter, blackhole, scope } = this.#item
    if (filter !== undefined && !holds(filter, scopeOf(event, bucket.queue))) return []
    if (event.at < (this.#hiddenUntil.get(key) ?? 0)) return []
    if (blackhole !== undefined) this.#hiddenUntil.set(key, event.at + millisecondsOf(blackhole))
    const source = compile(scope?.expression ?? 'evt.Meta.source_ip')
    const values = new Set(bucket.queue.map((one) => String(source(scopeOf(one)))))
    return [...values].map((value) => ({
      scenario: name,
      scope: scope?.type ?? 'Ip',
      value,
      at: event.at,
    }))
  }
}

function holds(text: string | undefined, scope: Scope): boolean {
  return text !== undefined && compile(text)(scope) === true
}

function scopeOf(event: ReplayEvent, queue: readonly ReplayEvent[] = []): Scope {
  return { evt: event, queue: { Queue: queue }, any: some, Atof: toNumber }
}

type Call = (args: readonly unknown[]) => unknown
const some: Call = ([list, is]) =>
  (list as readonly unknown[]).some((item) => (is as (of: unknown) => unknown)(item) === true)
const toNumber: Call = ([text]) => Number(text)

function millisecondsOf(duration: string): number {
  const [, number, unit = ''] = /^(\d+)([smh])$/.exec(duration) ?? []
  const scale = units[unit]
  if (scale === undefined) throw new SyntaxError(`not a duration here: ${duration}`)
  return Number(number) * scale
}
