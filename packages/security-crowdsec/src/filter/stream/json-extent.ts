const quote = 0x22
const backslash = 0x5c
const openers: ReadonlySet<number> = new Set([0x7b, 0x5b])
const closers: ReadonlySet<number> = new Set([0x7d, 0x5d])
/** Comma, brackets and white space end a number or a word. */
const ends: ReadonlySet<number> = new Set([0x2c, 0x5d, 0x7d, 0x20, 0x09, 0x0a, 0x0d])

/**
 * Where the JSON value that begins at `from` ends (the index behind it), or -1 when the bytes end first. Only finds the extent: whether it is
 * JSON is for `JSON.parse` to say.
 */
export function endOfValue(bytes: Uint8Array, from: number): number {
  const first = bytes[from]
  if (first === quote) return endOfString(bytes, from)
  if (first === undefined) return -1
  return openers.has(first) ? endOfNested(bytes, from) : endOfScalar(bytes, from)
}

function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] === backslash) at += 1
    else if (bytes[at] === quote) return at + 1
  }
  return -1
}

function endOfNested(bytes: Uint8Array, from: number): number {
  let depth = 0
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte === quote) {
      const end = endOfString(bytes, at)
      if (end === -1) return -1
      at = end - 1
    } else if (openers.has(byte)) depth += 1
    else if (closers.has(byte)) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

/** At least one byte long: what is no value at all is JSON.parse's to refuse. */
function endOfScalar(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) if (ends.has(bytes[at] ?? 0)) return at
  return -1
}
