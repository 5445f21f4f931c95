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

/** For the answer to a line that can not be parsed any further. */
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
  const isAppend = readName(line) === 'APPEND'
  // The parser keeps the literals of APPEND as bytes, those of the mailbox name too.
  const parsed = parse(spaceBeforeClosing(line), literals)
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

/** WildDuck's parser refuses a sequence set right before `)`, as in `NOT (1:5)`; a space between the two changes nothing else. */
function spaceBeforeClosing(line: string): string {
  if (!/[\d*]\)/.test(line)) return line
  const pieces: string[] = []
  let from = 0
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at]
    if (isQuoted && char === '\\') at += 1
    else if (char === '"') isQuoted = !isQuoted
    else if (!isQuoted && char === ')' && /[\d*]/.test(line[at - 1] ?? '')) {
      pieces.push(line.slice(from, at))
      from = at
    }
  }
  return [...pieces, line.slice(from)].join(' ')
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
    case 'STRING':
    case 'LITERAL':
    case 'TEXT':
      return { kind: 'string', text: value }
  }
}

// Array.isArray does not narrow readonly arrays.
function isList(attribute: ParsedAttribute): attribute is readonly ParsedAttribute[] {
  return Array.isArray(attribute)
}
