import { MailError } from '@gatepost/core'

const maxKeywordsPerEmail = 128

// RFC 8621 section 4.1.1: printable ASCII without ( ) { ] % * " \, at most 255 characters.
const keywordText = /^[!#$&'+-Z[^-z|}~]{1,255}$/

/** Lower case, sorted, each once. @throws MailError invalid `email.badKeyword`; limit `email.tooManyKeywords` */
export function normaliseKeywords(keywords: Iterable<string>): string[] {
  const found = new Set<string>()
  for (const keyword of keywords) {
    if (!keywordText.test(keyword))
      throw new MailError('invalid', 'email.badKeyword', 'A keyword has characters it may not have')
    found.add(keyword.toLowerCase())
  }
  if (found.size > maxKeywordsPerEmail)
    throw new MailError(
      'limit',
      'email.tooManyKeywords',
      `An email has at most ${maxKeywordsPerEmail} keywords`,
    )
  return [...found].toSorted()
}

/** As stored: ' $seen work ', '' for none. Takes normalised keywords. */
export function packKeywords(keywords: readonly string[]): string {
  return keywords.length === 0 ? '' : ` ${keywords.join(' ')} `
}

export function unpackKeywords(packed: string): readonly string[] {
  return packed === '' ? [] : packed.slice(1, -1).split(' ')
}

/** As stored, with `$seen` or without it. Takes and answers packed keywords. */
export function withSeen(packed: string, isSeen: boolean): string {
  if (packed.includes(' $seen ') === isSeen) return packed
  const others = unpackKeywords(packed).filter((keyword) => keyword !== '$seen')
  return packKeywords(isSeen ? [...others, '$seen'].toSorted() : others)
}

/** What a viewer has who has `$seen` unlike the owner. */
export function withOtherSeen(packed: string): string {
  return withSeen(packed, !packed.includes(' $seen '))
}

export function isUnread(packed: string): boolean {
  return !packed.includes(' $seen ')
}
