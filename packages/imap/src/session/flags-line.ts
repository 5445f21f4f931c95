import type { Membership } from '@gatepost/core'

import { formatFlags } from '../grammar/flags.ts'

/** An untagged FETCH that tells the flags, as after STORE or when another session changed them. */
export function flagsLine(
  number: number,
  membership: Pick<Membership, 'uid' | 'keywords' | 'isDeleted' | 'modSeq'>,
  withModSeq: boolean,
): string {
  const modSeq = withModSeq ? ` MODSEQ (${membership.modSeq})` : ''
  return `* ${number} FETCH (UID ${membership.uid} FLAGS ${formatFlags(membership.keywords, membership.isDeleted)}${modSeq})`
}
