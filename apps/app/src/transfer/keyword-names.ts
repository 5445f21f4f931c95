// RFC 8621 section 4.1.1: printable ASCII without ( ) { ] % * " \, at most 255 characters.
const usable = /^[!#$&'+-Z[^-z|}~]{1,255}$/

/** Those that an email may have, in lower case, sorted, each once; other programs are less strict. */
export function usableKeywords(keywords: Iterable<string>): string[] {
  const found = [...keywords].filter((keyword) => usable.test(keyword))
  return [...new Set(found.map((keyword) => keyword.toLowerCase()))].toSorted()
}
