/** The known key that the unknown one most likely means, or undefined when none is near: at most a third of its letters differ. */
export function nearestKey(unknown: string, known: readonly string[]): string | undefined {
  let best: { readonly key: string; readonly distance: number } | undefined
  for (const key of known) {
    const distance = editDistance(unknown.toLowerCase(), key.toLowerCase())
    if (best === undefined || distance < best.distance) best = { key, distance }
  }
  const isNear = best !== undefined && best.distance <= Math.max(2, Math.ceil(best.key.length / 3))
  return isNear ? best?.key : undefined
}

/** Damerau-Levenshtein (optimal string alignment): swapped neighbours count once. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let value = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) value = Math.min(value, (beforeLast[j - 2] ?? 0) + 1)
      row.push(value)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
