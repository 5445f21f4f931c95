import type { ModSeq } from '@gatepost/core'

import type { Argument } from './argument.ts'
import { formatSection, parseSection, type Section } from './fetch-section.ts'
import { parseModSequence } from './mod-sequence.ts'
import { syntaxError } from './syntax-error.ts'

/** One data item of FETCH (RFC 3501 section 6.4.5); `label` is what stands before its value in the response. */
export type FetchItem =
  | { readonly kind: PlainKind; readonly label: string }
  | {
      readonly kind: 'section'
      readonly label: string
      readonly section: Section
      /** `count` is at least 1. */
      readonly partial: { readonly start: number; readonly count: number } | null
    }

type PlainKind =
  | 'uid'
  | 'flags'
  | 'internalDate'
  | 'size'
  | 'envelope'
  | 'body'
  | 'bodyStructure'
  | 'modSeq'
  | 'emailId'
  | 'threadId'
  | 'preview'

export interface FetchRequest {
  /** Each label once. */
  readonly items: readonly FetchItem[]
  /** Some item sets `\Seen`. */
  readonly marksSeen: boolean
  /** RFC 7162 section 3.1.4.1; `modSeq` is among the items then. */
  readonly changedSince: ModSeq | 0 | null
}

const maxItems = 200

const plainItems: ReadonlyMap<string, PlainKind> = new Map([
  ['UID', 'uid'],
  ['FLAGS', 'flags'],
  ['INTERNALDATE', 'internalDate'],
  ['RFC822.SIZE', 'size'],
  ['ENVELOPE', 'envelope'],
  ['BODY', 'body'],
  ['BODYSTRUCTURE', 'bodyStructure'],
  ['MODSEQ', 'modSeq'],
  // RFC 8474 section 5.3
  ['EMAILID', 'emailId'],
  ['THREADID', 'threadId'],
  // RFC 8970 section 3
  ['PREVIEW', 'preview'],
])

/** What they are the same as, but for the label. */
const sectionItems: ReadonlyMap<string, Section['what']> = new Map([
  ['RFC822', ''],
  ['RFC822.HEADER', 'HEADER'],
  ['RFC822.TEXT', 'TEXT'],
])

const fast = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']
const macros: ReadonlyMap<string, readonly string[]> = new Map([
  ['FAST', fast],
  ['ALL', [...fast, 'ENVELOPE']],
  ['FULL', [...fast, 'ENVELOPE', 'BODY']],
])

/** The arguments of FETCH behind the sequence set. @throws MailError invalid `imap.syntax` */
export function parseFetch(args: readonly Argument[]): FetchRequest {
  const [first, second] = args
  if (first === undefined) throw syntaxError('The data items are missing')
  const itemCount = isPreview(first) && isLazy(second) ? 2 : 1
  const [modifiers, ...rest] = args.slice(itemCount)
  if (rest.length > 0) throw syntaxError('Too many arguments')
  const changedSince = modifiers === undefined ? null : parseModifiers(modifiers)
  const names =
    first.kind === 'list' ? first.items : (macroItems(first) ?? args.slice(0, itemCount))
  if (names.length === 0 || names.length > maxItems) throw syntaxError('Not a list of data items')
  const items = new Map<string, FetchItem>()
  let marksSeen = false
  for (const [at, name] of names.entries()) {
    if (isLazy(name) && isPreview(names[at - 1])) continue
    const parsed = parseItem(name)
    items.set(parsed.item.label, parsed.item)
    marksSeen ||= parsed.marksSeen
  }
  if (changedSince !== null) items.set('MODSEQ', { kind: 'modSeq', label: 'MODSEQ' })
  return { items: [...items.values()], marksSeen, changedSince }
}

// RFC 3501 section 6.4.5: a macro is used by itself, not with other macros or data items.
function macroItems(argument: Argument): readonly Argument[] | undefined {
  if (argument.kind !== 'atom' || argument.section !== undefined) return undefined
  return macros.get(argument.text.toUpperCase())?.map((text) => ({ kind: 'atom', text }))
}

function parseItem(argument: Argument): { item: FetchItem; marksSeen: boolean } {
  if (argument.kind !== 'atom') throw syntaxError('Not a data item')
  const label = argument.text.toUpperCase()
  if (argument.section !== undefined) return parseSectionItem(label, argument.section, argument)
  const kind = plainItems.get(label)
  if (kind !== undefined && argument.partial === undefined)
    return { item: { kind, label }, marksSeen: false }
  const what = sectionItems.get(label)
  if (what === undefined || argument.partial !== undefined) throw syntaxError('No such data item')
  const section: Section = { part: '', what, fields: [] }
  return { item: { kind: 'section', label, section, partial: null }, marksSeen: what !== 'HEADER' }
}

function parseSectionItem(
  name: string,
  written: readonly Argument[],
  { partial }: { readonly partial?: readonly number[] },
): { item: FetchItem; marksSeen: boolean } {
  if (name !== 'BODY' && name !== 'BODY.PEEK') throw syntaxError('No such data item')
  const section = parseSection(written)
  const part = partial === undefined ? null : parsePartial(partial)
  const origin = part === null ? '' : `<${part.start}>`
  const label = `BODY[${formatSection(section)}]${origin}`
  return { item: { kind: 'section', label, section, partial: part }, marksSeen: name === 'BODY' }
}

function parsePartial(partial: readonly number[]): { start: number; count: number } {
  const [start = -1, count = 0, ...rest] = partial
  const isValid = Number.isSafeInteger(start) && Number.isSafeInteger(count)
  if (!isValid || start < 0 || count < 1 || rest.length > 0)
    throw syntaxError('Not a partial range')
  return { start, count }
}

function parseModifiers(argument: Argument): ModSeq | 0 {
  const [name, value, ...rest] = argument.kind === 'list' ? argument.items : []
  const isKnown = name?.kind === 'atom' && name.text.toUpperCase() === 'CHANGEDSINCE'
  if (!isKnown || rest.length > 0) throw syntaxError('No such FETCH modifier')
  return parseModSequence(value)
}

function isPreview(argument: Argument | undefined): boolean {
  return argument?.kind === 'atom' && argument.text.toUpperCase() === 'PREVIEW'
}

// RFC 8970 section 4.1: previews are made at ingest, so LAZY changes nothing.
function isLazy(argument: Argument | undefined): boolean {
  const [only, ...rest] = argument?.kind === 'list' ? argument.items : []
  return rest.length === 0 && only?.kind === 'atom' && only.text.toUpperCase() === 'LAZY'
}
