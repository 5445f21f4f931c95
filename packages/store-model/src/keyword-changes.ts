import type { MailOp } from '@gatepost/core'

import { normaliseKeywords, packKeywords, unpackKeywords } from './keywords.ts'
import { patched } from './patched.ts'

type UpdateFlags = Extract<MailOp, { op: 'updateFlags' }>
type KeywordChange = NonNullable<Extract<MailOp, { op: 'updateEmail' }>['keywords']>

/** IMAP has flags for these: they are in no list of keywords. */
const systemKeywords: ReadonlySet<string> = new Set(['$answered', '$draft', '$flagged', '$seen'])

/** Of an account. A keyword beyond them works as every other, and is shown in lower case. */
export const maxSpellings = 256

/** Whether the spelling of a keyword is kept. Takes its name, in lower case. */
export function hasSpelling(name: string): boolean {
  return !systemKeywords.has(name)
}

/** What STORE makes of the keywords of an email, packed as they are stored. `asked`: those of the op, normalised. */
export function keywordsStored(
  packed: string,
  { mode }: UpdateFlags,
  asked: readonly string[],
): string {
  const had = unpackKeywords(packed)
  if (mode === 'replace') return packKeywords(asked)
  if (mode === 'add') return packKeywords(normaliseKeywords([...had, ...asked]))
  const gone = new Set(asked)
  return packKeywords(had.filter((keyword) => !gone.has(keyword)))
}

/** What STORE makes of `\Deleted`. */
export function isDeletedStored(op: UpdateFlags, was: boolean): boolean {
  if (op.mode === 'replace') return op.isDeleted ?? false
  return op.isDeleted === true ? op.mode === 'add' : was
}

/** What Email/set makes of the keywords of an email, packed as they are stored. @throws MailError as `normaliseKeywords` */
export function keywordsUpdated(packed: string, change: KeywordChange): string {
  if ('set' in change) return packKeywords(normaliseKeywords(change.set))
  const patch = Object.entries(change.patch).map(([name, isIn]) => [name.toLowerCase(), isIn])
  return packKeywords(
    normaliseKeywords(
      patched(unpackKeywords(packed), Object.fromEntries(patch) as typeof change.patch),
    ),
  )
}

/** The keywords that a change gives, as they were written. */
export function spelledIn(change: KeywordChange): readonly string[] {
  if ('set' in change) return change.set
  return Object.entries(change.patch).flatMap(([name, isIn]) => (isIn ? [name] : []))
}
