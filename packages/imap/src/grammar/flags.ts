import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

export interface FlagList {
  /** As the store keeps them: lower case, each once. */
  readonly keywords: string[]
  readonly isDeleted: boolean
}

/** As many as the store takes for one email. */
const maxFlags = 128

// RFC 3501 section 9 `atom`, at most what RFC 8621 section 4.1.1 lets a keyword be.
const keywordText = /^[!#$&'+-Z[^-z|}~]{1,255}$/

/** For the FLAGS response. */
export const systemFlags = '\\Answered \\Flagged \\Deleted \\Seen \\Draft'
/** For PERMANENTFLAGS: `\*` says that a client may make keywords (RFC 3501 section 7.1). */
export const permanentFlags: string = `${systemFlags} \\*`

const storedNames: ReadonlyMap<string, string> = new Map([
  ['\\seen', '$seen'],
  ['\\answered', '$answered'],
  ['\\flagged', '$flagged'],
  ['\\draft', '$draft'],
])

/** How a stored keyword is shown: system flags, and keywords that clients know in this case (RFC 5788 registry). Others are shown as kept. */
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
  const keywords = new Set<string>()
  let isDeleted = false
  const flags = flagsOf(argument)
  if (flags.length > maxFlags) throw syntaxError('Too many flags')
  for (const flag of flags) {
    const text = flagText(flag).toLowerCase()
    if (text === '\\deleted') isDeleted = true
    else if (text !== '\\recent') keywords.add(storedNames.get(text) ?? checkKeyword(text))
  }
  return { keywords: [...keywords], isDeleted }
}

/** A flag-keyword as the store keeps it. @throws MailError invalid `imap.syntax` */
export function parseKeyword(argument: Argument): string {
  return checkKeyword(flagText(argument).toLowerCase())
}

/** The flags of a FETCH or FLAGS response, with parentheses. */
export function formatFlags(keywords: readonly string[], isDeleted: boolean): string {
  let text = isDeleted ? '(\\Deleted' : '('
  for (const keyword of keywords)
    text += (text.length === 1 ? '' : ' ') + (shownKeywords.get(keyword) ?? keyword)
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
