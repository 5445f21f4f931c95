import { isUtf8 } from 'node:buffer'

import type { EmailId, ThreadId } from '@gatepost/core'

import type { ArgumentReader } from './argument-reader.ts'
import { parseKeyword } from './flags.ts'
import { parseDate } from './internal-date.ts'
import { parseModSequence } from './mod-sequence.ts'
import { parseNumber } from './number.ts'
import type { SearchNode } from './search-node.ts'
import { parseSequenceSet } from './sequence-set.ts'
import { syntaxError } from './syntax-error.ts'

type SearchKey = (reader: ArgumentReader) => SearchNode

const dayMs = 86_400_000
const maxTextLength = 1_000

const all: SearchNode = { kind: 'all' }
const none: SearchNode = not(all)

/** The keys of RFC 3501 section 6.4.4 and of extensions, but for those with search keys inside: NOT, OR and parentheses. */
export const searchKeys: ReadonlyMap<string, SearchKey> = new Map<string, SearchKey>([
  ['ALL', () => all],
  ['ANSWERED', () => keyword('$answered')],
  ['DELETED', () => ({ kind: 'deleted' })],
  ['DRAFT', () => keyword('$draft')],
  ['FLAGGED', () => keyword('$flagged')],
  ['SEEN', () => keyword('$seen')],
  ['UNANSWERED', () => not(keyword('$answered'))],
  ['UNDELETED', () => not({ kind: 'deleted' })],
  ['UNDRAFT', () => not(keyword('$draft'))],
  ['UNFLAGGED', () => not(keyword('$flagged'))],
  ['UNSEEN', () => not(keyword('$seen'))],
  // `\Recent` is not kept: of two sessions only one could be told, and RFC 9051 has dropped it. So no message is recent, and every one is old.
  ['RECENT', () => none],
  ['NEW', () => none],
  ['OLD', () => all],
  ['KEYWORD', (reader) => keyword(parseKeyword(reader.next('The keyword')))],
  ['UNKEYWORD', (reader) => not(keyword(parseKeyword(reader.next('The keyword'))))],
  ['BCC', (reader) => ({ kind: 'bcc', contains: searchText(reader) })],
  ['BODY', (reader) => ({ kind: 'body', contains: searchText(reader) })],
  ['CC', (reader) => ({ kind: 'cc', contains: searchText(reader) })],
  ['FROM', (reader) => ({ kind: 'from', contains: searchText(reader) })],
  ['SUBJECT', (reader) => ({ kind: 'subject', contains: searchText(reader) })],
  ['TEXT', (reader) => headerOrText(searchText(reader))],
  ['TO', (reader) => ({ kind: 'to', contains: searchText(reader) })],
  ['HEADER', header],
  // The day as INTERNALDATE shows it, disregarding time and time zone.
  ['BEFORE', (reader) => ({ kind: 'receivedDayBefore', at: day(reader) })],
  ['SINCE', (reader) => ({ kind: 'receivedDayFrom', at: day(reader) })],
  ['ON', (reader) => onDay('receivedDayFrom', 'receivedDayBefore', day(reader))],
  ['SENTBEFORE', (reader) => ({ kind: 'sentDayBefore', at: day(reader) })],
  ['SENTSINCE', (reader) => ({ kind: 'sentDayFrom', at: day(reader) })],
  ['SENTON', (reader) => onDay('sentDayFrom', 'sentDayBefore', day(reader))],
  ['LARGER', (reader) => ({ kind: 'sizeAtLeast', bytes: number(reader, 'LARGER') + 1 })],
  ['SMALLER', (reader) => ({ kind: 'sizeBelow', bytes: number(reader, 'SMALLER') })],
  ['UID', (reader) => ({ kind: 'uidSet', set: parseSequenceSet(reader.next('The UID set')) })],
  ['MODSEQ', modSeq],
  ['OLDER', (reader) => ({ kind: 'older', seconds: interval(reader, 'OLDER') })],
  ['YOUNGER', (reader) => ({ kind: 'younger', seconds: interval(reader, 'YOUNGER') })],
  // RFC 8474 section 6
  ['EMAILID', (reader) => ({ kind: 'originals', ids: [objectId(reader) as EmailId] })],
  ['THREADID', (reader) => ({ kind: 'threads', ids: [objectId(reader) as ThreadId] })],
])

function not(of: SearchNode): SearchNode {
  return { kind: 'not', of }
}

function keyword(name: string): SearchNode {
  return { kind: 'keyword', keyword: name }
}

function header(reader: ArgumentReader): SearchNode {
  const name = reader.astring('The field name')
  // RFC 5322 section 2.2
  if (!/^[!-9;-~]{1,255}$/.test(name)) throw syntaxError('Not a field name')
  return { kind: 'header', name, contains: searchText(reader) }
}

// RFC 3501 section 6.4.4: in the header or body
function headerOrText(contains: string): SearchNode {
  return {
    kind: 'or',
    of: [
      { kind: 'text', contains },
      { kind: 'anyHeader', contains },
    ],
  }
}

/** US-ASCII is UTF-8 too, and clients send UTF-8 without saying so. */
function searchText(reader: ArgumentReader): string {
  const text = reader.astring('The text to search for')
  if (text.length > maxTextLength) throw syntaxError('The text to search for is too long')
  const bytes = Buffer.from(text, 'latin1')
  if (!isUtf8(bytes)) throw syntaxError('The text to search for is not UTF-8')
  return bytes.toString('utf8')
}

function day(reader: ArgumentReader): number {
  return parseDate(reader.next('The date'))
}

function onDay(
  from: 'receivedDayFrom' | 'sentDayFrom',
  before: 'receivedDayBefore' | 'sentDayBefore',
  at: number,
): SearchNode {
  return {
    kind: 'and',
    of: [
      { kind: from, at },
      { kind: before, at: at + dayMs },
    ],
  }
}

function number(reader: ArgumentReader, key: string): number {
  const value = parseNumber(reader.next('The number'), key)
  return Math.min(value, Number.MAX_SAFE_INTEGER - 1)
}

// RFC 5032 section 1: a non-zero integer
function interval(reader: ArgumentReader, key: string): number {
  const seconds = parseNumber(reader.next('The interval'), key)
  if (seconds < 1 || seconds > 4_294_967_295) throw syntaxError(`${key} is out of range`)
  return seconds
}

/** RFC 7162 section 3.1.5: the modseq of an email is one, whichever metadata item is named. */
function modSeq(reader: ArgumentReader): SearchNode {
  const first = reader.next('The mod-sequence')
  if (first.kind !== 'string') return modSeqFrom(parseModSequence(first))
  const type = reader.atom('The entry type')
  if (!/^\/flags\//i.test(first.text) || !/^(?:ALL|PRIV|SHARED)$/.test(type))
    throw syntaxError('No such metadata item')
  return modSeqFrom(parseModSequence(reader.next('The mod-sequence')))
}

function modSeqFrom(value: ReturnType<typeof parseModSequence>): SearchNode {
  return value === 0 ? all : { kind: 'modSeqAtLeast', modSeq: value }
}

// RFC 8474 section 7
function objectId(reader: ArgumentReader): string {
  const id = reader.astring('The id')
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(id)) throw syntaxError('Not an object id')
  return id
}
