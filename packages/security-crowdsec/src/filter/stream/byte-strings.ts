const maxStrings = 4096

/** Strings by their bytes: what has been seen before is found without decoding it, and is the same string. */
export class ByteStrings {
  readonly #byHash = new Map<number, string>()

  /** `hash` is of the bytes from `from` to `end`, all of them ASCII. */
  of(bytes: Uint8Array, { from, end, hash }: ByteRange): string {
    const known = this.#byHash.get(hash)
    if (known !== undefined && isText(known, bytes, from, end)) return known
    const text = String.fromCharCode(...bytes.subarray(from, end))
    if (this.#byHash.size >= maxStrings) this.#byHash.clear()
    this.#byHash.set(hash, text)
    return text
  }
}

export interface ByteRange {
  readonly from: number
  readonly end: number
  readonly hash: number
}

function isText(text: string, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false
  for (let at = 0; at < text.length; at += 1)
    if (text.charCodeAt(at) !== bytes[from + at]) return false
  return true
}
