import { usableKeywords } from '../keyword-names.ts'
import type { MailItem } from '../mail-item.ts'

type Flags = Pick<MailItem, 'keywords' | 'isDeleted'>

// As Dovecot, mutt and Pine write them: R read, O old; A answered, F flagged, T draft, D deleted.
const statusLetters: Readonly<Record<string, string>> = { R: '$seen' }
const xStatusLetters: Readonly<Record<string, string>> = {
  A: '$answered',
  F: '$flagged',
  T: '$draft',
}
const named = new Set([...Object.values(statusLetters), ...Object.values(xStatusLetters)])

/** What mail programs that keep mailboxes in one file add to a header, beside a message's own fields. */
const bookkeeping = new Set([
  'status',
  'x-status',
  'x-keywords',
  'x-uid',
  'x-imap',
  'x-imapbase',
  'content-length',
  'x-mozilla-status',
  'x-mozilla-status2',
  'x-mozilla-keys',
  'x-gmail-labels',
])

/** The lines, without line ends, that say the flags of a message. */
export function statusLines({ keywords, isDeleted }: Flags): string[] {
  const letters = Object.entries(xStatusLetters)
    .filter(([, keyword]) => keywords.includes(keyword))
    .map(([letter]) => letter)
  const others = keywords.filter((keyword) => !named.has(keyword))
  const xStatus = [...letters, ...(isDeleted ? ['D'] : [])].join('')
  return [
    `Status: ${keywords.includes('$seen') ? 'RO' : 'O'}`,
    ...(xStatus === '' ? [] : [`X-Status: ${xStatus}`]),
    ...(others.length === 0 ? [] : [`X-Keywords: ${others.join(' ')}`]),
  ]
}

/** Whether a header line, by its name, is one that only the mailbox file needs. */
export function isBookkeeping(line: string): boolean {
  const name = /^([\w-]+):/.exec(line)?.[1]
  return name !== undefined && bookkeeping.has(name.toLowerCase())
}

/** The flags that such lines tell of. */
export function parseStatusLines(lines: readonly string[]): Flags {
  const keywords = new Set<string>()
  let isDeleted = false
  for (const line of lines) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, Math.max(0, colon)).toLowerCase()) {
      case 'status':
      case 'x-status':
        for (const letter of value) {
          const keyword = statusLetters[letter] ?? xStatusLetters[letter]
          if (keyword !== undefined) keywords.add(keyword)
          isDeleted ||= letter === 'D'
        }
        break
      case 'x-keywords':
      case 'x-mozilla-keys':
        for (const keyword of value.split(/\s+/)) keywords.add(keyword)
        break
      case 'x-mozilla-status':
        for (const keyword of mozillaFlags(Number.parseInt(value, 16))) keywords.add(keyword)
        break
      default:
    }
  }
  return { keywords: usableKeywords(keywords), isDeleted }
}

/** Whether Thunderbird has deleted the message for good, and only not compacted the file yet. */
export function isExpunged(lines: readonly string[]): boolean {
  return lines.some((line) => {
    const bits = /^X-Mozilla-Status:\s*([\da-f]{4})\s*$/i.exec(line)?.[1]
    return bits !== undefined && (Number.parseInt(bits, 16) & expungedBit) !== 0
  })
}

/** The value of X-Gmail-Labels with its folding; undefined without such a field. */
export function gmailLabelsIn(lines: readonly string[]): string | undefined {
  const at = lines.findIndex((line) => /^X-Gmail-Labels:/i.test(line))
  const [first = '', ...rest] = at === -1 ? [] : lines.slice(at)
  if (first === '') return undefined
  const next = rest.findIndex((line) => !/^[ \t]/.test(line))
  const folded = next === -1 ? rest : rest.slice(0, next)
  return [first.slice(first.indexOf(':') + 1), ...folded].join('\r\n')
}

const expungedBit = 0x0008

// Thunderbird's nsMsgMessageFlags: Read, Replied, Marked, Forwarded.
function mozillaFlags(bits: number): string[] {
  const flags: readonly (readonly [number, string])[] = [
    [0x0001, '$seen'],
    [0x0002, '$answered'],
    [0x0004, '$flagged'],
    [0x1000, '$forwarded'],
  ]
  return flags.filter(([bit]) => (bits & bit) !== 0).map(([, keyword]) => keyword)
}
