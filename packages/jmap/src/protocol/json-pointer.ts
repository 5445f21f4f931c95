/** What a pointer that names nothing answers. */
export const NOT_THERE: unique symbol = Symbol('notThere')

/** How much `*` may bring together. */
const maxFlattened = 10_000

/**
 * RFC 6901 with the `*` of RFC 8620 section 3.7: maps over an array; where the rest of the pointer answers arrays, their items are joined.
 */
export function evaluatePointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value
  if (!pointer.startsWith('/') || pointer.length > 1000) return NOT_THERE
  const tokens = pointer.slice(1).split('/').map(unescapeToken)
  return follow(value, tokens, 0)
}

function follow(start: unknown, tokens: readonly string[], from: number): unknown {
  let value = start
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i] ?? ''
    if (Array.isArray(value)) {
      if (token === '*') return flatten(value, tokens, i + 1)
      // RFC 6901 section 4: no leading zeros.
      if (!/^(?:0|[1-9]\d{0,8})$/.test(token) || Number(token) >= value.length) return NOT_THERE
      value = (value as unknown[])[Number(token)]
    } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, token))
      value = (value as Record<string, unknown>)[token]
    else return NOT_THERE
  }
  return value
}

function flatten(items: readonly unknown[], tokens: readonly string[], from: number): unknown {
  const found: unknown[] = []
  for (const item of items) {
    const value = follow(item, tokens, from)
    if (value === NOT_THERE) return NOT_THERE
    if (Array.isArray(value)) for (const inner of value as unknown[]) found.push(inner)
    else found.push(value)
    if (found.length > maxFlattened) return NOT_THERE
  }
  return found
}

/** `~1` before `~0`, so that `~01` becomes `~1`. */
export function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
