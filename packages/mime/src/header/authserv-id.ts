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

function skipComments(value: string): number {
  let depth = 0
  for (let at = 0; at < value.length; at += 1) {
    const character = value.charAt(at)
    if (character === '\\' && depth > 0) at += 1
    else if (character === '(') depth += 1
    else if (character === ')' && depth > 0) depth -= 1
    else if (depth === 0 && !/\s/.test(character)) return at
  }
  return value.length
}
