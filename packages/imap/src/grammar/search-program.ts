import { MailError } from '@gatepost/core'

import { ArgumentReader } from './argument-reader.ts'
import type { Argument } from './argument.ts'
import { searchKeys } from './search-keys.ts'
import type { SearchNode } from './search-node.ts'
import { isSequenceSet, parseSequenceSet } from './sequence-set.ts'
import { syntaxError } from './syntax-error.ts'

/** RFC 4731 section 3.1. */
export type SearchReturnOption = 'MIN' | 'MAX' | 'ALL' | 'COUNT'

export interface SearchRequest {
  /** For `resolveSearch`. */
  readonly where: SearchNode
  /** RFC 7162 section 3.1.5: the response ends with the highest modseq found. */
  readonly needsModSeq: boolean
  /** Null: the answer is `* SEARCH`, without RETURN. */
  readonly returnOptions: readonly SearchReturnOption[] | null
}

const maxDepth = 25
const maxKeys = 1_000

/**
 * The arguments of SEARCH (RFC 3501 section 6.4.4). Text is UTF-8, which US-ASCII is as well.
 * @throws MailError invalid `imap.syntax`; invalid `imap.badCharset`: the answer is NO [BADCHARSET (UTF-8)]
 */
export function parseSearch(args: readonly Argument[]): SearchRequest {
  const reader = new ArgumentReader(args)
  const returnOptions = takeWord(reader, 'RETURN') ? parseReturnOptions(reader) : null
  if (takeWord(reader, 'CHARSET')) checkCharset(reader.astring('The charset'))
  const program = new SearchProgramReader()
  const where = program.readAll(reader, 0)
  return { where, needsModSeq: program.hasModSeq, returnOptions }
}

class SearchProgramReader {
  hasModSeq = false
  #keys = 0

  /** Keys one after the other: all have to hold. */
  readAll(reader: ArgumentReader, depth: number): SearchNode {
    const first = this.#readKey(reader, depth)
    if (reader.isAtEnd) return first
    const of = [first]
    while (!reader.isAtEnd) of.push(this.#readKey(reader, depth))
    return { kind: 'and', of }
  }

  #readKey(reader: ArgumentReader, depth: number): SearchNode {
    this.#keys += 1
    if (this.#keys > maxKeys) throw syntaxError('Too many search keys')
    if (depth > maxDepth) throw syntaxError('The search is nested too deeply')
    const next = reader.peek()
    if (next?.kind === 'list')
      return this.readAll(new ArgumentReader(reader.list('A search key')), depth + 1)
    if (next !== undefined && isSequenceSet(next))
      return { kind: 'messageNumbers', set: parseSequenceSet(reader.next('A search key')) }
    const name = reader.atom('A search key')
    if (name === 'NOT') return { kind: 'not', of: this.#readKey(reader, depth + 1) }
    if (name === 'OR')
      return {
        kind: 'or',
        of: [this.#readKey(reader, depth + 1), this.#readKey(reader, depth + 1)],
      }
    const read = searchKeys.get(name)
    if (read === undefined) throw syntaxError('No such search key')
    if (name === 'MODSEQ') this.hasModSeq = true
    return read(reader)
  }
}

/** Takes the next argument when it is this word. */
function takeWord(reader: ArgumentReader, word: string): boolean {
  const next = reader.peek()
  const isWord = next?.kind === 'atom' && next.text.toUpperCase() === word
  if (isWord) reader.next(word)
  return isWord
}

function parseReturnOptions(reader: ArgumentReader): readonly SearchReturnOption[] {
  const options = reader.list('The result options').map(parseReturnOption)
  // RFC 4731 section 3.1: () is (ALL).
  return options.length === 0 ? ['ALL'] : [...new Set(options)]
}

function parseReturnOption(argument: Argument): SearchReturnOption {
  const name = argument.kind === 'atom' ? argument.text.toUpperCase() : ''
  if (name === 'MIN' || name === 'MAX' || name === 'ALL' || name === 'COUNT') return name
  throw syntaxError('No such result option')
}

function checkCharset(charset: string): void {
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw new MailError('invalid', 'imap.badCharset', 'Searches are in UTF-8 or US-ASCII')
}
