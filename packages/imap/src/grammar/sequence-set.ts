import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

/** RFC 3501 section 9 `seq-number`; `*` is the largest number in use. */
export type SequenceNumber = number | '*'
/** As written: the ends in either order. */
export type SequenceSet = readonly (readonly [SequenceNumber, SequenceNumber])[]

/** Inclusive, ascending, apart from each other by at least one number. */
export type NumberRanges = readonly (readonly [number, number])[]

/** Clients send tens of thousands of UIDs one by one; a whole mailbox is `1:*`. */
const maxRanges = 20_000

const maxNumber = 4_294_967_295

/** RFC 3501 section 9 `sequence-set`. @throws MailError invalid `imap.syntax` */
export function parseSequenceSet(argument: Argument | undefined): SequenceSet {
  if (argument === undefined) throw syntaxError('The sequence set is missing')
  const isSet =
    argument.kind === 'sequence' || (argument.kind === 'atom' && argument.section === undefined)
  if (!isSet) throw syntaxError('Not a sequence set')
  const pieces = argument.text.split(',', maxRanges + 1)
  if (pieces.length > maxRanges) throw syntaxError('Too many ranges in the sequence set')
  return pieces.map(parseRange)
}

/** Whether an argument can only be a sequence set: where one may stand beside words, as in SEARCH. */
export function isSequenceSet(argument: Argument): boolean {
  if (argument.kind === 'sequence') return true
  return argument.kind === 'atom' && /^[\d*]/.test(argument.text)
}

function parseRange(text: string): readonly [SequenceNumber, SequenceNumber] {
  const colon = text.indexOf(':')
  if (colon === -1) {
    const number = parseSequenceNumber(text)
    return [number, number]
  }
  return [parseSequenceNumber(text.slice(0, colon)), parseSequenceNumber(text.slice(colon + 1))]
}

function parseSequenceNumber(text: string): SequenceNumber {
  if (text === '*') return '*'
  // RFC 3501 section 9 `nz-number`: a 0 taken for a 1 would touch the wrong message.
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > maxNumber) throw syntaxError('Not a number of a sequence set')
  return number
}

/**
 * `max` is what `*` stands for: the largest UID or message number, 0 when there is none and nothing matches.
 * A range ends where it ends, even above `max`; `559:*` holds `max` even when that is smaller (RFC 3501 section 6.4.8).
 */
export function resolveRanges(set: SequenceSet, max: number): [number, number][] {
  if (max < 1) return []
  const ranges = set.map(([first, last]): [number, number] => {
    const a = first === '*' ? max : first
    const b = last === '*' ? max : last
    return a <= b ? [a, b] : [b, a]
  })
  ranges.sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  let current: [number, number] | undefined
  for (const range of ranges) {
    if (current !== undefined && range[0] <= current[1] + 1)
      current[1] = Math.max(current[1], range[1])
    else {
      current = range
      merged.push(range)
    }
  }
  return merged
}
