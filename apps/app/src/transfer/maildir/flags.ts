import { usableKeywords } from '../keyword-names.ts'
import type { MailItem } from '../mail-item.ts'

// https://cr.yp.to/proto/maildir.html; `T` is IMAP's \Deleted.
const letters: readonly (readonly [keyword: string, letter: string])[] = [
  ['$draft', 'D'],
  ['$flagged', 'F'],
  ['$forwarded', 'P'],
  ['$answered', 'R'],
  ['$seen', 'S'],
]
const deletedLetter = 'T'
const letterOf: ReadonlyMap<string, string> = new Map(letters)
const keywordOf: ReadonlyMap<string, string> = new Map(
  letters.map(([keyword, letter]) => [letter, keyword]),
)

type Flags = Pick<MailItem, 'keywords' | 'isDeleted'>

function ownLetter(keyword: string): string | undefined {
  return letterOf.get(keyword.toLowerCase())
}

export function hasLetter(keyword: string): boolean {
  return ownLetter(keyword) !== undefined
}

/** In ASCII order. `more`: letters of other keywords, as in `dovecot-keywords`. */
export function formatFlags({ keywords, isDeleted }: Flags, more: readonly string[]): string {
  const own = keywords.flatMap((keyword) => ownLetter(keyword) ?? [])
  return [...own, ...(isDeleted ? [deletedLetter] : []), ...more].toSorted().join('')
}

/** Letters that nobody has given a meaning are passed over. */
export function parseFlags(flags: string, keywordsByLetter: ReadonlyMap<string, string>): Flags {
  const found = Array.from(flags)
  const keywords = found.flatMap(
    (letter) => keywordOf.get(letter) ?? keywordsByLetter.get(letter) ?? [],
  )
  return { keywords: usableKeywords(keywords), isDeleted: found.includes(deletedLetter) }
}
