/** Why a field is no list of mailboxes. */
export type MailboxListProblem = 'malformed' | 'group' | 'tooMany'

// RFC 5322 section 3.2.3 atext, widened by RFC 6532 section 3.2.
const atext = String.raw`A-Za-z0-9!#$%&'*+/=?^_\x60{|}~\-\u00a1-\u{10ffff}`
const quotedString = String.raw`"(?:[^"\\\p{Cc}]|\t|\\[^\p{Cc}])*"`
const dotAtom = String.raw`[${atext}]+(?:\.[${atext}]+)*`
const patterns = {
  addrSpec: new RegExp(
    // Dots at its ends or in a row: carriers have given such addresses to people.
    String.raw`(?:[${atext}.]+|${quotedString})@(?:${dotAtom}|\[[0-9A-Za-z:.\-]{1,255}\])`,
    'uy',
  ),
  // A dot in a name is obsolete (RFC 5322 section 4.1) and common: "John Q. Public". So are brackets in an encoded word.
  word: new RegExp(
    String.raw`=\?[\w*\-]{1,64}\?[bqBQ]\?[${atext}.\[\]]*\?=|[${atext}.]+|${quotedString}`,
    'uy',
  ),
  space: /[ \t]*/y,
  // Behind an address only, as old programs write names: "root@example.org (Cron Daemon)". Without anything that could be read as an address.
  comment: /\([^()<>@,;:\\"\p{Cc}]*\)/uy,
} as const

/**
 * The addresses, as addr-spec, of a list of mailboxes in the strict grammar of RFC 5322 section 3.4: for a rule about who may write as whom, where two
 * readers must not see different addresses. Refuses the obsolete forms (routes, empty elements, comments and spaces within an address), and
 * groups, which RFC 6854 lets into From so that nobody can be answered: nobody sends for nobody. `text` is unfolded.
 */
export function readMailboxList(
  text: string,
  maxMailboxes: number,
): readonly string[] | MailboxListProblem {
  const reader = new Reader(text)
  const found: string[] = []
  do {
    if (found.length >= maxMailboxes) return 'tooMany'
    const address = reader.mailbox()
    if (address === undefined) return reader.isAt(':') ? 'group' : 'malformed'
    if (disguise.test(address)) return 'malformed'
    found.push(address)
  } while (reader.take(','))
  return reader.isAtEnd ? found : 'malformed'
}

/**
 * What makes an address look like another one: characters that nobody sees or that turn the direction, blanks and at signs of other scripts, and the
 * beginning of an encoded word, which has no place here (RFC 2047 section 5) and which many readers decode all the same.
 */
const disguise = /=\?|[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\ufe6b\uff20]/u

class Reader {
  readonly #text: string
  // Copies, since a sticky pattern has a place of its own.
  readonly #patterns = Object.fromEntries(
    Object.entries(patterns).map(([name, pattern]) => [name, new RegExp(pattern)]),
  ) as Record<keyof typeof patterns, RegExp>
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  isAt(character: string): boolean {
    return this.#text[this.#at] === character
  }

  take(character: string): boolean {
    if (!this.isAt(character)) return false
    this.#at += 1
    return true
  }

  mailbox(): string | undefined {
    this.#match('space')
    const address = this.#match('addrSpec') ?? this.#nameAddr()
    this.#match('space')
    if (address !== undefined && this.#match('comment') !== undefined) this.#match('space')
    return address
  }

  #nameAddr(): string | undefined {
    while (this.#match('word') !== undefined) this.#match('space')
    if (!this.take('<')) return undefined
    this.#match('space')
    const address = this.#match('addrSpec')
    this.#match('space')
    return this.take('>') ? address : undefined
  }

  #match(name: keyof typeof patterns): string | undefined {
    const pattern = this.#patterns[name]
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}
