import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

export interface FlagList {
  /** As written, but for those that system flags stand for; each once in any case. */
  readonly keywords: string[]
  readonly isDeleted: boolean
}

/** As many as the store takes for one email. */
const maxFlags = 128

// RFC 3501 section 9 `atom`, at most what RFC 8621 section 4.1.1 lets a keyword be.
const keywordText = /^[!#$&'+-Z[^-z|}~]{1,255}$/

/** For the FLAGS response. */
export const systemFlags = '\\Answered \\Flagged \\Deleted \\Seen \\Draft'

const storedNames: ReadonlyMap<string, string> = new Map([
  ['\\seen', '$seen'],
  ['\\answered', '$answered'],
  ['\\flagged', '$flagged'],
  ['\\draft', '$draft'],
])

/** System flags, and keywords that clients know in this case (RFC 5788 registry). */
const shownKeywords: ReadonlyMap<string, string> = new Map([
  ['$seen', '\\Seen'],
  ['$answered', '\\Answered'],
  ['$flagged', '\\Flagged'],
  ['$draft', '\\Draft'],
  ...[
    '$Forwarded',
    '$MDNSent',
    '$Junk',
    '$NotJunk',
    '$Phishing',
    '$SubmitPending',
    '$Submitted',
    '$Important',
    'Junk',
    'NonJunk',
    'NotJunk',
    'Forwarded',
  ].map((keyword): [string, string] => [keyword.toLowerCase(), keyword]),
])

/**
 * The flags of APPEND (a list) and STORE (a list, or flags without parentheses).
 * `\Recent` cannot be set (RFC 3501 section 2.3.2); it is passed over, because programs that copy mail send back what they were shown.
 * @throws MailError invalid `imap.syntax`
 */
export function parseFlagList(argument: Argument | readonly Argument[]): FlagList {
  const keywords = new Map<string, string>()
  let isDeleted = false
  const flags = flagsOf(argument)
  if (flags.length > maxFlags) throw syntaxError('Too many flags')
  for (const flag of flags) {
    const text = flagText(flag)
    const name = text.toLowerCase()
    if (name === '\\deleted') isDeleted = true
    else if (name !== '\\recent') {
      const keyword = storedNames.get(name) ?? checkKeyword(text)
      const stored = keyword.toLowerCase()
      if (!keywords.has(stored)) keywords.set(stored, keyword)
    }
  }
  return { keywords: [...keywords.values()], isDeleted }
}

/** A flag-keyword in lower case, as the store compares it. @throws MailError invalid `imap.syntax` */
export function parseKeyword(argument: Argument): string {
  return checkKeyword(flagText(argument).toLowerCase())
}

/** A keyword of which no other spelling is known; takes it in lower case. */
export function shownKeyword(keyword: string): string {
  return shownKeywords.get(keyword) ?? keyword
}

/** The flags of a FETCH response, with parentheses; `show` tells how a keyword is written. */
export function formatFlags(
  keywords: readonly string[],
  isDeleted: boolean,
  show: (keyword: string) => string = shownKeyword,
): string {
  let text = isDeleted ? '(\\Deleted' : '('
  for (const keyword of keywords) text += (text.length === 1 ? '' : ' ') + show(keyword)
  return `${text})`
}

function flagsOf(argument: Argument | readonly Argument[]): readonly Argument[] {
  if ('kind' in argument) return argument.kind === 'list' ? argument.items : [argument]
  const [first] = argument
  return first?.kind === 'list' && argument.length === 1 ? first.items : argument
}

function flagText(flag: Argument): string {
  // RFC 3501 section 9: a flag is an atom, and NIL is one.
  if (flag.kind === 'nil') return 'NIL'
  if (flag.kind !== 'atom' || flag.section !== undefined) throw syntaxError('Not a flag')
  return flag.text
}

function checkKeyword(text: string): string {
  if (!keywordText.test(text)) throw syntaxError('Not a flag or keyword')
  return text
}
