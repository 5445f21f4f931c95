/**
 * Whose an Authentication-Results field says it is (RFC 8601 section 2.2), in lower case: the first token or quoted string behind comments. '' when it has none.
 * `value` as written, folded or not.
 */
export function authservId(value: string): string {
  const start = skipComments(value)
  const quoted = /"((?:[^"\\]|\\[^])*)"/y
  quoted.lastIndex = start
  const found = quoted.exec(value)?.[1]
  if (found !== undefined) return found.replaceAll(/\\([^])/g, '$1').toLowerCase()
  return (/^[^\s;()"]*/.exec(value.slice(start, start + 1024))?.[0] ?? '').toLowerCase()
}

/** The same of ARC-Authentication-Results, where the instance may come first: `i=1; mx.example.test; ...` (RFC 8617 section 4.1.1). */
export function chainedAuthservId(value: string): string {
  const first = authservId(value)
  return /^i(?:=|$)/.test(first) ? authservId(value.slice(skipComments(value, /;/) + 1)) : first
}

/** Where the first such character is outside of comments. */
function skipComments(value: string, wanted: RegExp = /\S/): number {
  let depth = 0
  for (let at = 0; at < value.length; at += 1) {
    const character = value.charAt(at)
    if (character === '\\' && depth > 0) at += 1
    else if (character === '(') depth += 1
    else if (character === ')' && depth > 0) depth -= 1
    else if (depth === 0 && wanted.test(character)) return at
  }
  return value.length
}
