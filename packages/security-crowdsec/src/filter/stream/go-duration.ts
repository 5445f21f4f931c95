const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
}
const shape = /^([+-]?)((?:\d{1,12}(?:\.\d{0,18})?(?:h|ms|m|s|us|µs|μs|ns))+)$/
const term = /(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|μs|ns)/g

/** Milliseconds of a Go duration such as `3h59m57s`, `-237.666464ms` or `0s`; undefined when it is none. Releases up to 1.6.2 send fractions. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match = text.length > 100 ? null : shape.exec(text)
  if (match === null) return undefined
  let total = 0
  for (const [, amount, unit] of (match[2] ?? '').matchAll(term))
    total += Number(amount) * (unitMs[unit ?? ''] ?? 0)
  return match[1] === '-' ? -total : total
}
