import type { Uid } from '@gatepost/core'

import { indexesIn, numbersIn } from '../grammar/number-ranges.ts'
import { resolveRanges, type SequenceSet } from '../grammar/sequence-set.ts'
import { syntaxError } from '../grammar/syntax-error.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'

/**
 * The UIDs that a set means in a mailbox as the client knows it, ascending. UIDs that are not there are passed over (RFC 3501 section 6.4.8).
 * @throws MailError invalid `imap.syntax`: a message number that the client cannot know
 */
export function uidsOf(
  set: SequenceSet,
  selected: SelectedMailbox,
  numbering: 'uid' | 'number',
): readonly Uid[] {
  const { uids } = selected
  if (isEverything(set)) return uids
  if (numbering === 'uid') return numbersIn(resolveRanges(set, selected.highestUid), uids)
  // `5:*` is at worst the last message; any other number has to be one that was told.
  const isKnown = (ends: SequenceSet[number]): boolean =>
    ends.includes('*') || ends.every((number) => number !== '*' && number <= uids.length)
  if (!set.every(isKnown)) throw syntaxError('No such message number')
  return indexesIn(resolveRanges(set, uids.length), uids.length).flatMap(
    (index) => uids[index] ?? [],
  )
}

/** `1:*`: what clients ask for most, and needs no look at each number. */
function isEverything(set: SequenceSet): boolean {
  const [only, ...rest] = set
  return rest.length === 0 && only?.[0] === 1 && only[1] === '*'
}
