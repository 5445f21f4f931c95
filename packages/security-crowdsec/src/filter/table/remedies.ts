import { remediations, type Remediation } from '../connection-filter.ts'

/** What a type of decision comes to. `ignore`: nothing. */
export type TypeMeaning = Remediation | 'allow' | 'ignore'

export interface RemedyOptions {
  /** By type in lower case, over the built-in meanings: a type may be told to mean another remediation, or nothing. */
  readonly types?: Readonly<Record<string, TypeMeaning>>
  /** For types that nobody has named. */
  readonly unknownTypes?: TypeMeaning
}

/** Ranks: the lowest counts. */
export const allowRank = 0
export const ignoredRank: number = remediations.length + 1

const builtIn: Readonly<Record<string, TypeMeaning>> = {
  ban: 'ban',
  captcha: 'captcha',
  hold: 'hold',
  throttle: 'throttle',
  // Both are in the wild; those who write them expect them to win.
  allow: 'allow',
  whitelist: 'allow',
}

/** Precedence: allow, ban, captcha, hold, throttle, nothing; a type that nobody knows has the rank of what it is configured to mean. */
export class Remedies {
  readonly #ranks: ReadonlyMap<string, number>
  readonly #unknown: number

  constructor({ types = {}, unknownTypes = 'ignore' }: RemedyOptions = {}) {
    const meanings = Object.entries({ ...builtIn, ...types })
    this.#ranks = new Map(meanings.map(([type, meaning]) => [type.toLowerCase(), rankOf(meaning)]))
    this.#unknown = rankOf(unknownTypes)
  }

  rank(type: string): number {
    return this.#ranks.get(type) ?? this.#unknown
  }

  /** Undefined for the ranks of an allow and of nothing. */
  remediation(rank: number): Remediation | undefined {
    return remediations[rank - 1]
  }
}

function rankOf(meaning: TypeMeaning): number {
  if (meaning === 'allow') return allowRank
  return meaning === 'ignore' ? ignoredRank : remediations.indexOf(meaning) + 1
}
