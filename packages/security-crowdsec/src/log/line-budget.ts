import { forgetOldest } from '@gatepost/core'

export interface LineBudgetOptions {
  /** Lines at once. */
  readonly burst: number
  readonly perSecond: number
}

interface Bucket {
  tokens: number
  at: number
  suppressed: number
}

// More than any scenario needs to judge an address, and far less than a client can cause.
export const defaultLineBudget: LineBudgetOptions = { burst: 200, perSecond: 10 }
const maxKeys = 20_000

/** How many lines one source may cause: a client that sends a million bad commands does not write a million lines. */
export class LineBudget {
  readonly #options: LineBudgetOptions
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: LineBudgetOptions) {
    this.#options = options
  }

  /** Undefined: leave the line out. Otherwise how many were left out since the last one. `now` is monotonic, in milliseconds. */
  take(key: string, now: number): number | undefined {
    const { burst, perSecond } = this.#options
    const known = this.#buckets.get(key)
    const bucket = known ?? this.#add(key, { tokens: burst, at: now, suppressed: 0 })
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000)
    bucket.at = now
    if (bucket.tokens < 1) {
      bucket.suppressed += 1
      return undefined
    }
    bucket.tokens -= 1
    const { suppressed } = bucket
    bucket.suppressed = 0
    return suppressed
  }

  #add(key: string, bucket: Bucket): Bucket {
    this.#buckets.set(key, bucket)
    forgetOldest(this.#buckets, maxKeys)
    return bucket
  }
}
