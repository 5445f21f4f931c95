import { decodeXtext } from './xtext.ts'

export type PathVerb = 'MAIL' | 'RCPT'

/** What a MAIL or RCPT command says. */
export interface PathCommand {
  readonly kind: 'path'
  /** As it was written, without brackets and source route; '' for the null reverse-path. */
  readonly address: string
  /** By names in upper case; true where there is no value. Values of xtext are decoded. */
  readonly parameters: ReadonlyMap<string, string | true>
  /** The first parameter that is there twice. */
  readonly duplicate?: string
}

/** Why a MAIL or RCPT command is refused. */
export type PathProblem =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'spaceBeforePath' }
  /** The name has only what is safe in a reply. A bad one has controls in its value, or bytes that are no UTF-8. */
  | { readonly kind: 'unknownParameter' | 'badParameter'; readonly name: string }

const known = {
  MAIL: new Set(['SIZE', 'BODY', 'SMTPUTF8', 'REQUIRETLS', 'RET', 'ENVID', 'AUTH']),
  RCPT: new Set(['NOTIFY', 'ORCPT']),
}
const commands = { MAIL: /^MAIL FROM[ \t]*:/i, RCPT: /^RCPT TO[ \t]*:/i }

/** Controls, what stands for bytes that are no UTF-8, and characters that nobody sees: no address has them, and they forge logs and header fields. */
const unsafe = /[\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\u2060\ufeff\ufffd]/
// RFC 5321 section 4.1.2, widened by RFC 6531 section 3.3. Which characters a local part or a domain may have is `parseAddress`'s to say.
const path = {
  /** A-d-l: taken and ignored, as RFC 5321 appendix C asks for. */
  route: /@[^\s<>"@,:]+(?:,@[^\s<>"@,:]+)*:/y,
  mailbox:
    /(?:"(?:[^"\\]|\\.)*"|[^\s<>"@,:;()[\]\\]+)@(?:\[[^\s<>"@[\]\\]+\]|[^\s<>"@,:;()[\]\\]+)/y,
  postmaster: /postmaster(?=>|\s|$)/iy,
} as const

/**
 * Reads `MAIL FROM:<reverse-path> parameters` or `RCPT TO:<forward-path> parameters` (RFC 5321 sections 4.1.1.2, 4.1.1.3, 4.1.1.11). Lenient: white space
 * before the path, and a path without brackets, as printers and scripts write them.
 */
export function parsePathCommand(
  verb: PathVerb,
  line: string,
  { isLenient }: { readonly isLenient: boolean },
): PathCommand | PathProblem {
  const start = commands[verb].exec(line)?.[0].length
  if (start === undefined) return malformed
  const rest = line.slice(start).trimEnd()
  const text = rest.trimStart()
  if (text !== rest && !isLenient) return { kind: 'spaceBeforePath' }
  const found = readPath(verb, text, isLenient)
  if (found === undefined || unsafe.test(found.address)) return malformed
  const after = text.slice(found.end)
  return after === '' || /^\s/.test(after)
    ? withParameters(verb, found.address, after.trim())
    : malformed
}

const malformed = { kind: 'malformed' } as const

function readPath(
  verb: PathVerb,
  text: string,
  isLenient: boolean,
): { readonly address: string; readonly end: number } | undefined {
  const hasBrackets = text.startsWith('<')
  if (!hasBrackets && !isLenient) return undefined
  if (verb === 'MAIL' && text.startsWith('<>')) return { address: '', end: 2 }
  const start = hasBrackets ? 1 : 0
  const begin = start + (match(path.route, text, start)?.length ?? 0)
  // RFC 5321 section 4.5.1: this one needs no domain.
  const alone = verb === 'RCPT' && begin === start ? match(path.postmaster, text, start) : undefined
  const address = match(path.mailbox, text, begin) ?? alone
  if (address === undefined) return undefined
  const end = begin + address.length
  if (!hasBrackets) return { address, end }
  return text[end] === '>' ? { address, end: end + 1 } : undefined
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  const here = new RegExp(pattern)
  here.lastIndex = at
  return here.exec(text)?.[0]
}

function withParameters(verb: PathVerb, address: string, text: string): PathCommand | PathProblem {
  const parameters = new Map<string, string | true>()
  let duplicate: string | undefined
  for (const parameter of text === '' ? [] : text.split(/\s+/)) {
    const equals = parameter.indexOf('=')
    const name = (equals === -1 ? parameter : parameter.slice(0, equals)).toUpperCase()
    if (!known[verb].has(name))
      return { kind: 'unknownParameter', name: name.replaceAll(/[^A-Z0-9-]/g, '?').slice(0, 32) }
    const value = equals === -1 ? '' : decodeXtext(parameter.slice(equals + 1))
    if (value === undefined) return { kind: 'badParameter', name }
    if (parameters.has(name)) duplicate ??= name
    parameters.set(name, value === '' ? true : value)
  }
  return { kind: 'path', address, parameters, ...(duplicate === undefined ? {} : { duplicate }) }
}
