import { usableKeywords } from '../keyword-names.ts'
import type { MailItem } from '../mail-item.ts'

// https://cr.yp.to/proto/maildir.html; `T` is IMAP's \Deleted.
const letterOf: Readonly<Record<string, string>> = {
  $draft: 'D',
  $flagged: 'F',
  $forwarded: 'P',
  $answered: 'R',
  $seen: 'S',
}
const deletedLetter = 'T'
const keywordOf: ReadonlyMap<string, string> = new Map(
  Object.entries(letterOf).map(([keyword, letter]) => [letter, keyword]),
)

type Flags = Pick<MailItem, 'keywords' | 'isDeleted'>

export function hasLetter(keyword: string): boolean {
  return Object.hasOwn(letterOf, keyword)
}

/** In ASCII order. `letters`: those of other keywords, as in `dovecot-keywords`. */
export function formatFlags({ keywords, isDeleted }: Flags, letters: readonly string[]): string {
  const own = keywords.flatMap((keyword) =>
    // Keywords are anybody's: `constructor` is one too.
    Object.hasOwn(letterOf, keyword) ? (letterOf[keyword] ?? []) : [],
  )
  return [...own, ...(isDeleted ? [deletedLetter] : []), ...letters].toSorted().join('')
}

/** Letters that nobody has given a meaning are passed over. */
export function parseFlags(flags: string, keywordsByLetter: ReadonlyMap<string, string>): Flags {
  const letters = Array.from(flags)
  const keywords = letters.flatMap(
    (letter) => keywordOf.get(letter) ?? keywordsByLetter.get(letter) ?? [],
  )
  return { keywords: usableKeywords(keywords), isDeleted: letters.includes(deletedLetter) }
}
