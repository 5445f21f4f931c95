// RFC 8621 section 4.1.1: printable ASCII without ( ) { ] % * " \, at most 255 characters.
const usable = /^[!#$&'+-Z[^-z|}~]{1,255}$/

/** As many as the store takes for one email. */
const maxKeywords = 128

/** Those that an email may have, sorted, each once in its first spelling; other programs are less strict. */
export function usableKeywords(keywords: Iterable<string>): string[] {
  const found = new Map<string, string>()
  for (const keyword of keywords) {
    const name = keyword.toLowerCase()
    if (found.size < maxKeywords && usable.test(keyword) && !found.has(name))
      found.set(name, keyword)
  }
  return [...found].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, first]) => first)
}
