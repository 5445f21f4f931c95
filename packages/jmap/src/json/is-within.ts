import { LongText } from './long-text.ts'

export interface ValueBounds {
  /** Values of all kinds together. */
  readonly nodes: number
  /** Characters of names and strings. */
  readonly length: number
}

/** Whether a value is no more than that; looks no further than the bounds. A `LongText` is more than any. */
export function isWithin(value: unknown, bounds: ValueBounds): boolean {
  const waiting: unknown[] = [value]
  let nodes = 0
  let length = 0
  while (waiting.length > 0) {
    const next = waiting.pop()
    nodes += 1
    if (typeof next === 'string') length += next.length
    else if (next instanceof LongText) return false
    else if (Array.isArray(next)) {
      if (next.length > bounds.nodes) return false
      for (const item of next as unknown[]) waiting.push(item)
    } else if (typeof next === 'object' && next !== null)
      for (const [name, inner] of Object.entries(next)) {
        length += name.length
        waiting.push(inner)
      }
    if (nodes + waiting.length > bounds.nodes || length > bounds.length) return false
  }
  return true
}
