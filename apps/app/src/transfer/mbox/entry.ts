import type { MailboxPaths } from '../gmail-labels.ts'
import { usableKeywords } from '../keyword-names.ts'
import { isCrlfThroughout, withCrlf, withLf } from '../line-ends.ts'
import type { MailItem, ReceivedTime } from '../mail-item.ts'
import { receivedTime } from '../received-time.ts'
import { formatZone, parseZone, usableZone } from '../zone-text.ts'
import { formatFromLine } from './from-line.ts'
import { parseGmailLabels } from './gmail-field.ts'
import { quoteFrom, unquoteFrom } from './quote-from.ts'
import {
  gmailLabelsIn,
  isBookkeeping,
  isExpunged,
  parseStatusLines,
  statusLines,
} from './status-headers.ts'

const newline = 10
/** The first line of an entry that is ours: how the bytes of the message come back. */
const ownName = 'X-Gatepost-Mbox'
const ownLine =
  /^X-Gatepost-Mbox: 1; headers=(\d); received=(-?\d{1,16})(?:; zone=([+-]\d{4}))?; lines=(crlf|asis); end=(newline|none)$/
/** A header is looked through up to here. */
const maxHeaderBytes = 1_048_576

/**
 * A message in mboxrd, as mutt and Dovecot read it: lines end with LF, its flags are in Status, X-Status and X-Keywords. The line in front says how
 * many lines were added and what was changed, so that an import gives back the same bytes.
 */
export function formatEntry(item: MailItem): Buffer {
  const isCrlf = isCrlfThroughout(item.content)
  const text = isCrlf ? withLf(item.content) : item.content
  const hasEnd = text.length > 0 && text.at(-1) === newline
  const status = statusLines(item)
  // The From_ line is UTC (RFC 4155 appendix A).
  const zone = item.zoneMinutes === 0 ? '' : `; zone=${formatZone(item.zoneMinutes)}`
  const own = `${ownName}: 1; headers=${status.length}; received=${item.receivedAt}${zone}; lines=${isCrlf ? 'crlf' : 'asis'}; end=${hasEnd ? 'newline' : 'none'}`
  const head = [formatFromLine(item.receivedAt), own, ...status, ''].join('\n')
  return Buffer.concat([Buffer.from(head), quoteFrom(text), Buffer.from(hasEnd ? '\n' : '\n\n')])
}

/** An entry between two From_ lines, without the empty line at its end. */
export interface RawEntry {
  /** By its From_ line, which may not say it. */
  readonly received: ReceivedTime | undefined
  readonly text: Buffer
}

/** What is in an entry. */
export interface ParsedEntry {
  readonly item: MailItem
  /** Deleted for good, and in the file only until it is compacted. */
  readonly isExpunged: boolean
  /** Paths of the mailboxes that Gmail had it in, when it says so. */
  readonly gmailMailboxes: MailboxPaths | undefined
}

/** `otherwiseAt`: the time of arrival for a message that says none itself. */
export function parseEntry(entry: RawEntry, otherwiseAt: number): ParsedEntry {
  const own = parseOwn(entry.text)
  return own === undefined
    ? parseForeign(entry, otherwiseAt)
    : { item: own, isExpunged: false, gmailMailboxes: undefined }
}

/** Undefined when it is another program's, or when another program has written it again since. */
function parseOwn(entry: Buffer): MailItem | undefined {
  const own = lineAt(entry, 0)
  const found = ownLine.exec(own.text)
  if (found === null) return undefined
  const [, count, receivedAt, zone = '', lines, end] = found
  const status: string[] = []
  let at = own.next
  while (status.length < Number(count)) {
    const line = lineAt(entry, at)
    if (!/^(?:X-)?(?:Status|Keywords): /.test(line.text)) return undefined
    status.push(line.text)
    at = line.next
  }
  const rest = entry.subarray(at)
  const text = unquoteFrom(end === 'none' ? rest.subarray(0, -1) : rest)
  return {
    content: lines === 'crlf' ? withCrlf(text) : text,
    receivedAt: Number(receivedAt),
    zoneMinutes: usableZone(parseZone(zone) ?? 0),
    ...parseStatusLines(status),
  }
}

function parseForeign({ received, text }: RawEntry, otherwiseAt: number): ParsedEntry {
  const kept: Buffer[] = []
  const taken: string[] = []
  let end = 0
  let isTaking = false
  while (end < text.length && end < maxHeaderBytes) {
    const line = lineAt(text, end)
    if (line.text === '') break
    // A folded line belongs to the field before it.
    const isFolded = line.text.startsWith(' ') || line.text.startsWith('\t')
    isTaking = isFolded ? isTaking : isBookkeeping(line.text) || line.text.startsWith(ownName)
    if (isTaking) taken.push(line.text)
    else kept.push(text.subarray(end, line.next))
    end = line.next
  }
  const content = withCrlf(Buffer.concat([...kept, unquoteFrom(text.subarray(end))]))
  const gmailValue = gmailLabelsIn(taken)
  const gmail = gmailValue === undefined ? undefined : parseGmailLabels(gmailValue)
  const { keywords, isDeleted } = parseStatusLines(taken)
  return {
    item: {
      content,
      ...(received ?? receivedTime(content) ?? { receivedAt: otherwiseAt, zoneMinutes: 0 }),
      keywords: usableKeywords([...keywords, ...(gmail?.keywords ?? [])]),
      isDeleted,
    },
    isExpunged: isExpunged(taken),
    gmailMailboxes: gmail?.mailboxes,
  }
}

function lineAt(text: Buffer, at: number): { readonly text: string; readonly next: number } {
  const found = text.indexOf(newline, at)
  const next = found === -1 ? text.length : found + 1
  const line = text.subarray(at, found === -1 ? next : found).toString('latin1')
  return { text: line.endsWith('\r') ? line.slice(0, -1) : line, next }
}
