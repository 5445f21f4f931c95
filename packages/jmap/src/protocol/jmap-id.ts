/** RFC 8620 section 1.2. */
const safeId = /^[A-Za-z0-9_-]{1,255}$/

export function isId(text: unknown): text is string {
  return typeof text === 'string' && safeId.test(text)
}

/** An id, or `#` and a creation id (RFC 8620 section 5.3). */
export function isIdOrReference(text: unknown): text is string {
  return typeof text === 'string' && isId(text.startsWith('#') ? text.slice(1) : text)
}
