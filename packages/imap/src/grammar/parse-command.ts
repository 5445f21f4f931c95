import handler, {
  type ParsedAttribute,
} from '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js'

import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

export interface ParsedCommand {
  readonly tag: string
  /** Upper case; of UID the command behind it too: `UID FETCH`. */
  readonly name: string
  readonly args: readonly Argument[]
}

// RFC 3501 section 9: tag = 1*<any ASTRING-CHAR except "+">
const tagOf = /^([^\s(){%*"\\+\]\u0000-\u001f\u007f-\u00ff]{1,64}) /
const nameOf = /^\S+ +([A-Za-z]+)/

/** For the answer to a line that cannot be parsed any further. */
export function readTag(line: string): string | undefined {
  return tagOf.exec(`${line} `)?.[1]
}

/** Upper case; '' when there is none. */
export function readName(line: string): string {
  return nameOf.exec(line)?.[1]?.toUpperCase() ?? ''
}

/** @throws MailError invalid `imap.syntax` */
export function parseCommand(line: string, literals: Buffer[]): ParsedCommand {
  if (readTag(line) === undefined) throw syntaxError('A command starts with a tag')
  if (line.includes('\0')) throw syntaxError('NUL is not allowed here')
  const name = readName(line)
  // The parser keeps the literals of APPEND as bytes, those of the mailbox name too.
  const isAppend = name === 'APPEND'
  const parsed = parse(rewritten(line, name === 'LIST' || name === 'LSUB'), literals)
  return {
    tag: parsed.tag,
    name: parsed.command.toUpperCase(),
    args: (parsed.attributes ?? []).map((attribute) => argumentOf(attribute, isAppend)),
  }
}

function parse(line: string, literals: Buffer[]): ReturnType<typeof handler.parser> {
  try {
    return handler.parser(line, { literals, literalPlus: true })
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    // Its messages quote what the client sent: only the code goes back.
    const [code] = /\[E\d+/.exec(text) ?? []
    throw syntaxError(code === undefined ? 'Syntax error' : `Syntax error ${code}]`)
  }
}

/**
 * Words that WildDuck's parser refuses, written so that it takes them and means the same: a sequence set right before `)`, as in `NOT (1:5)`, gets a
 * space behind it; one with a `*` in front or alone, as in `*:5` and `1,*`, is turned round; a pattern of LIST, as in `Work/%`, gets quotes.
 * Linear: quoted strings and words are passed over once.
 */
function rewritten(line: string, hasPatterns: boolean): string {
  if (!/[*%]|\d\)/.test(line)) return line
  const pieces: string[] = []
  for (let at = 0; at < line.length;) {
    const end = line[at] === '"' ? endOfQuoted(line, at) : endOfWord(line, at)
    const word = line.slice(at, end)
    if (hasPatterns && word[0] !== '"' && /[*%]/.test(word)) pieces.push(`"${word}"`)
    else pieces.push(turnedRound(word), line[end] === ')' && /[\d*]$/.test(word) ? ' ' : '')
    at = end
  }
  return pieces.join('')
}

/** A sequence set in which no range begins with `*`, but for one that is nothing else. */
function turnedRound(word: string): string {
  if (!word.includes('*') || !/^[\d*:,]+$/.test(word)) return word
  const ranges = new Set(
    word.split(',').map((range) => range.replace(/^\*:(\d+)$/, '$1:*').replace(/^\*(:\*)?$/, '*')),
  )
  const isAlone = ranges.size === 1
  const hasStar = ranges.delete('*')
  if (!hasStar) return [...ranges].join(',')
  return isAlone ? '*' : [...ranges, '*:*'].join(',')
}

/** Behind the closing quote, or the end of the line. */
function endOfQuoted(line: string, start: number): number {
  let at = start + 1
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  return Math.min(at + 1, line.length)
}

/** Behind a run of characters that need no care, or behind the one character at `start` that ends such a run. */
function endOfWord(line: string, start: number): number {
  let at = start
  while (at < line.length && !' ()"'.includes(line[at] ?? '')) at += 1
  return Math.max(at, start + 1)
}

function argumentOf(attribute: ParsedAttribute, keepsBytes: boolean): Argument {
  if (attribute === null) return { kind: 'nil' }
  if (isList(attribute))
    return { kind: 'list', items: attribute.map((item) => argumentOf(item, keepsBytes)) }
  const { type, value, section, partial } = attribute
  if (typeof value !== 'string')
    return keepsBytes
      ? { kind: 'bytes', bytes: value }
      : { kind: 'string', text: value.toString('latin1') }
  switch (type) {
    case 'ATOM':
      return {
        kind: 'atom',
        text: value,
        ...(section === undefined
          ? {}
          : { section: section.map((item) => argumentOf(item, keepsBytes)) }),
        ...(partial === undefined ? {} : { partial }),
      }
    case 'SEQUENCE':
      return { kind: 'sequence', text: value }
    case 'LITERAL':
      // The parser has a text for a literal of no bytes.
      return keepsBytes
        ? { kind: 'bytes', bytes: Buffer.from(value, 'latin1') }
        : { kind: 'string', text: value }
    case 'STRING':
    case 'TEXT':
      return { kind: 'string', text: value }
  }
}

// Array.isArray does not narrow readonly arrays.
function isList(attribute: ParsedAttribute): attribute is readonly ParsedAttribute[] {
  return Array.isArray(attribute)
}
