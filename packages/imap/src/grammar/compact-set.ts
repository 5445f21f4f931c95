/** Ascending numbers as a sequence set: `1:3,7`; '' for none. */
export function compactSet(numbers: readonly number[]): string {
  const pieces: string[] = []
  for (let start = 0; start < numbers.length;) {
    let end = start + 1
    while (end < numbers.length && numbers[end] === (numbers[end - 1] ?? 0) + 1) end += 1
    pieces.push(rangeText(numbers[start], numbers[end - 1]))
    start = end
  }
  return pieces.join(',')
}

/**
 * The two sets of COPYUID (RFC 4315 section 3): the nth number of one belongs to the nth of the other.
 * Each list is written in the order given, and a range goes on only while both sides go up by one.
 */
export function parallelSets(pairs: readonly { readonly from: number; readonly to: number }[]): {
  from: string
  to: string
} {
  const from: string[] = []
  const to: string[] = []
  for (let start = 0; start < pairs.length;) {
    let end = start + 1
    while (end < pairs.length && follows(pairs[end - 1], pairs[end])) end += 1
    from.push(rangeText(pairs[start]?.from, pairs[end - 1]?.from))
    to.push(rangeText(pairs[start]?.to, pairs[end - 1]?.to))
    start = end
  }
  return { from: from.join(','), to: to.join(',') }
}

interface Pair {
  readonly from: number
  readonly to: number
}

function follows(previous: Pair | undefined, next: Pair | undefined): boolean {
  if (previous === undefined || next === undefined) return false
  return next.from === previous.from + 1 && next.to === previous.to + 1
}

function rangeText(first: number | undefined, last: number | undefined): string {
  return first === last ? `${first}` : `${first}:${last}`
}
