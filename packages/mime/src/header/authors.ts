import { isAscii, isUtf8 } from 'node:buffer'

import { asBuffer } from '../as-buffer.ts'
import { headerFields, rawValue, type HeaderField } from './header-fields.ts'
import { readMailboxList, type MailboxListProblem } from './mailbox-list.ts'

/** What a header section may be, of a message that comes in: more is no honest mail, and reading it would take its time. */
export const headerLimits = {
  bytes: 524_288,
  fields: 5_000,
  mailboxes: 100,
  /** Of one field with mailboxes: a hundred of the longest. */
  mailboxBytes: 32_768,
} as const

export type AuthorField = 'From' | 'Sender' | 'Resent-From' | 'Resent-Sender'
/**
 * Why a message may not be sent.
 * `headerTooLarge`: over `headerLimits`. `brokenHeader`: a line that is no field, a NUL or a bare CR, where readers see different headers.
 * `foreign`: a mailbox is not the sender's own. `eightBit`: beyond ASCII without SMTPUTF8, or no UTF-8.
 */
export type AuthorProblem =
  | { readonly kind: 'headerTooLarge' | 'brokenHeader' }
  | {
      readonly kind: MailboxListProblem | 'missing' | 'several' | 'eightBit' | 'foreign'
      readonly field: AuthorField
    }

export interface AuthorRule {
  /** Of addr-specs, those of one field: may the account that sends write as all of them? */
  readonly areOwn: (addresses: readonly string[]) => Promise<boolean>
  /** RFC 6532: the message may have UTF-8 in its header. */
  readonly allowsUtf8: boolean
}

/**
 * Whether a message says who sends it, in one way only, and that is the account: undefined when all is well.
 *
 * RFC 5322 section 3.6.2: one From, all of whose mailboxes are own; Sender, when it is there or when From has several, is one own mailbox.
 * Section 3.6.6: with Resent fields the message is somebody else's and was sent on; then the newest block, the first one, says who does it.
 * A display name is free text: it may hold an address, for nobody can tell which names are true.
 */
export async function findAuthorProblem(
  content: Uint8Array,
  rule: AuthorRule,
): Promise<AuthorProblem | undefined> {
  const bytes = asBuffer(content)
  const { bytes: maxBytes, fields: maxFields } = headerLimits
  const fields = headerFields(bytes, 0, maxBytes + 1, maxFields + 1)
  const end = fields.at(-1)?.end ?? 0
  if (end > maxBytes || fields.length > maxFields) return { kind: 'headerTooLarge' }
  if (isBroken(bytes, fields, end)) return { kind: 'brokenHeader' }
  const resent = newestResentBlock(fields)
  const from = named(fields, 'From')
  if (resent.length === 0)
    return checkBlock(bytes, rule, { author: ['From', from], sender: ['Sender', fields] })
  // Somebody else's: it is as he wrote it, but there has to be one.
  if (from.length !== 1) return { kind: from.length === 0 ? 'missing' : 'several', field: 'From' }
  return checkBlock(bytes, rule, {
    author: ['Resent-From', named(resent, 'Resent-From')],
    sender: ['Resent-Sender', resent],
  })
}

interface Block {
  readonly author: readonly [AuthorField, readonly HeaderField[]]
  readonly sender: readonly [AuthorField, readonly HeaderField[]]
}

async function checkBlock(
  bytes: Buffer,
  rule: AuthorRule,
  block: Block,
): Promise<AuthorProblem | undefined> {
  const [authorName, author] = block.author
  const authors = await readField(bytes, rule, { name: authorName, fields: author })
  if (!Array.isArray(authors)) return authors
  const [senderName, senderFields] = block.sender
  const sender = named(senderFields, senderName)
  if (sender.length === 0)
    return authors.length > 1 ? { kind: 'missing', field: senderName } : undefined
  const senders = await readField(bytes, rule, { name: senderName, fields: sender })
  if (!Array.isArray(senders)) return senders
  return senders.length > 1 ? { kind: 'several', field: senderName } : undefined
}

/** The mailboxes of a field that has to be there once, all of them own. */
async function readField(
  bytes: Buffer,
  rule: AuthorRule,
  { name, fields }: { readonly name: AuthorField; readonly fields: readonly HeaderField[] },
): Promise<string[] | AuthorProblem> {
  const [field, second] = fields
  if (field === undefined) return { kind: 'missing', field: name }
  if (second !== undefined) return { kind: 'several', field: name }
  const raw = bytes.subarray(field.valueStart, field.end)
  if (raw.length > headerLimits.mailboxBytes) return { kind: 'tooMany', field: name }
  if (!isAscii(raw) && !(rule.allowsUtf8 && isUtf8(raw))) return { kind: 'eightBit', field: name }
  const text = rawValue(bytes, field).replaceAll(/\r?\n(?=[ \t])/g, '')
  const found = readMailboxList(text, headerLimits.mailboxes)
  if (typeof found === 'string') return { kind: found, field: name }
  return (await rule.areOwn(found)) ? [...found] : { kind: 'foreign', field: name }
}

/** The first run of Resent fields, up to the first name that comes again: the next block begins there. */
function newestResentBlock(fields: readonly HeaderField[]): HeaderField[] {
  const block: HeaderField[] = []
  const names = new Set<string>()
  const first = fields.findIndex(isResent)
  for (const field of first === -1 ? [] : fields.slice(first)) {
    const name = field.name.toLowerCase()
    if (!isResent(field) || names.has(name)) break
    names.add(name)
    block.push(field)
  }
  return block
}

function isResent({ name }: HeaderField): boolean {
  return /^resent-/i.test(name)
}

function named(fields: readonly HeaderField[], name: string): HeaderField[] {
  const wanted = name.toLowerCase()
  return fields.filter((field) => field.name.toLowerCase() === wanted)
}

function isBroken(bytes: Buffer, fields: readonly HeaderField[], end: number): boolean {
  if (fields.some(({ name }) => name === '')) return true
  const header = bytes.subarray(0, end + 2)
  if (header.indexOf(0) !== -1) return true
  for (let at = header.indexOf(13); at !== -1; at = header.indexOf(13, at + 1))
    if (bytes[at + 1] !== 10) return true
  return false
}

const problemTexts: Record<AuthorProblem['kind'], string> = {
  headerTooLarge: `The header is larger than ${headerLimits.bytes} bytes or ${headerLimits.fields} fields`,
  brokenHeader: 'The header has a line that is no field, a NUL or a bare CR',
  missing: 'is missing',
  several: 'is there more than once, or names more than one mailbox',
  malformed: 'is no list of mailboxes as in RFC 5322 section 3.4',
  group: 'has a group, which names nobody',
  tooMany: `has more than ${headerLimits.mailboxes} mailboxes or ${headerLimits.mailboxBytes} bytes`,
  eightBit: 'has 8-bit characters without SMTPUTF8',
  foreign: 'has an address that is not one of yours',
}

/** For the one who sends. */
export function authorProblemText(problem: AuthorProblem): string {
  const text = problemTexts[problem.kind]
  return 'field' in problem ? `${problem.field} header ${text}` : text
}
