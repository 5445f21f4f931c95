import type { Membership } from '@gatepost/core'

import { formatFlags } from '../grammar/flags.ts'

export interface FlagsLineOptions {
  readonly number: number
  readonly withModSeq: boolean
  /** How a keyword is written. */
  readonly showKeyword: (keyword: string) => string
}

/** An untagged FETCH that tells the flags, as after STORE or when another session changed them. */
export function flagsLine(
  { uid, keywords, isDeleted, modSeq }: Membership,
  { number, withModSeq, showKeyword }: FlagsLineOptions,
): string {
  const flags = formatFlags(keywords, isDeleted, showKeyword)
  return `* ${number} FETCH (UID ${uid} FLAGS ${flags}${withModSeq ? ` MODSEQ (${modSeq})` : ''})`
}
