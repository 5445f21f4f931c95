import type { EmailCondition, EmailSort, MailboxId } from '@gatepost/core'
import { z } from 'zod'

import { parseUtcDate } from '../mail/jmap-date.ts'
import { isKeyword } from '../mail/keyword.ts'
import { MethodError } from '../protocol/method-error.ts'
import { describe, idSchema, unsignedIntSchema } from './arguments.ts'
import { readFilter, type FilterLimits, type FilterTree } from './filter-tree.ts'
import { checkCollations, type Comparator } from './standard-query.ts'

const text = z.string().max(1000)
const keyword = z
  .string()
  .refine(isKeyword, 'no keyword')
  .transform((name) => name.toLowerCase())
const date = z.string().transform((value, issues) => {
  const at = parseUtcDate(value)
  if (at === undefined) issues.addIssue('no UTCDate')
  return at ?? 0
})

// RFC 8621 section 4.4.1
const conditionSchema = z.strictObject({
  inMailbox: idSchema.optional(),
  inMailboxOtherThan: z.array(idSchema).max(1000).optional(),
  before: date.optional(),
  after: date.optional(),
  minSize: unsignedIntSchema.optional(),
  maxSize: unsignedIntSchema.optional(),
  allInThreadHaveKeyword: keyword.optional(),
  someInThreadHaveKeyword: keyword.optional(),
  noneInThreadHaveKeyword: keyword.optional(),
  hasKeyword: keyword.optional(),
  notKeyword: keyword.optional(),
  hasAttachment: z.boolean().optional(),
  text: text.optional(),
  from: text.optional(),
  to: text.optional(),
  cc: text.optional(),
  bcc: text.optional(),
  subject: text.optional(),
  body: text.optional(),
  header: z.array(text).min(1).max(2).optional(),
})
type Condition = z.infer<typeof conditionSchema>

/** @throws MethodError invalidArguments, unsupportedFilter */
export function readEmailFilter(
  filter: unknown,
  limits: FilterLimits & { readonly maxFilterIds: number },
): EmailCondition {
  let ids = 0
  const read = (condition: Record<string, unknown>): EmailCondition => {
    const { inMailboxOtherThan: others } = condition
    if (Array.isArray(others)) ids += others.length
    if (ids > limits.maxFilterIds)
      throw new MethodError('unsupportedFilter', 'The filter names too many mailboxes')
    return readCondition(condition)
  }
  const tree = readFilter(filter, read, limits)
  return tree === null ? { kind: 'all' } : toCondition(tree)
}

function toCondition(tree: FilterTree<EmailCondition>): EmailCondition {
  if (tree.kind === 'condition') return tree.condition
  const of = tree.of.map(toCondition)
  switch (tree.operator) {
    case 'AND':
      return { kind: 'and', of }
    case 'OR':
      return { kind: 'or', of }
    case 'NOT':
      // None of them: RFC 8620 section 5.5.
      return { kind: 'not', of: { kind: 'or', of } }
  }
}

function readCondition(condition: Record<string, unknown>): EmailCondition {
  const unknown = Object.keys(condition).find((name) => !Object.hasOwn(conditionSchema.shape, name))
  if (unknown !== undefined)
    throw new MethodError('unsupportedFilter', `No such condition: ${unknown.slice(0, 100)}`)
  const result = conditionSchema.safeParse(condition)
  if (!result.success)
    throw new MethodError('invalidArguments', `filter: ${describe(result.error)}`)
  const of = [
    ...placeConditions(result.data),
    ...threadConditions(result.data),
    ...textConditions(result.data),
  ]
  const [only] = of
  return only !== undefined && of.length === 1 ? only : { kind: 'and', of }
}

function* placeConditions(c: Condition): Iterable<EmailCondition> {
  if (c.inMailbox !== undefined) yield { kind: 'inMailbox', mailbox: c.inMailbox as MailboxId }
  if (c.inMailboxOtherThan !== undefined)
    yield { kind: 'inMailboxOtherThan', mailboxes: c.inMailboxOtherThan as MailboxId[] }
  if (c.before !== undefined) yield { kind: 'receivedBefore', at: c.before }
  if (c.after !== undefined) yield { kind: 'receivedFrom', at: c.after }
  if (c.minSize !== undefined) yield { kind: 'sizeAtLeast', bytes: c.minSize }
  if (c.maxSize !== undefined) yield { kind: 'sizeBelow', bytes: c.maxSize }
  if (c.hasKeyword !== undefined) yield { kind: 'keyword', keyword: c.hasKeyword }
  if (c.notKeyword !== undefined)
    yield { kind: 'not', of: { kind: 'keyword', keyword: c.notKeyword } }
  if (c.hasAttachment === true) yield { kind: 'hasAttachment' }
  if (c.hasAttachment === false) yield { kind: 'not', of: { kind: 'hasAttachment' } }
}

function* threadConditions(c: Condition): Iterable<EmailCondition> {
  const { allInThreadHaveKeyword, someInThreadHaveKeyword, noneInThreadHaveKeyword } = c
  if (allInThreadHaveKeyword !== undefined)
    yield { kind: 'threadKeyword', which: 'all', keyword: allInThreadHaveKeyword }
  if (someInThreadHaveKeyword !== undefined)
    yield { kind: 'threadKeyword', which: 'some', keyword: someInThreadHaveKeyword }
  if (noneInThreadHaveKeyword !== undefined)
    yield { kind: 'threadKeyword', which: 'none', keyword: noneInThreadHaveKeyword }
}

function* textConditions(c: Condition): Iterable<EmailCondition> {
  for (const kind of ['text', 'from', 'to', 'cc', 'bcc', 'subject', 'body'] as const) {
    const contains = c[kind]
    if (contains !== undefined) yield { kind, contains }
  }
  const [name, contains = ''] = c.header ?? []
  if (name !== undefined) yield { kind: 'header', name, contains }
}

const sortProperties: readonly EmailSort['property'][] = [
  'receivedAt',
  'sentAt',
  'size',
  'from',
  'to',
  'subject',
  'hasKeyword',
  'allInThreadHaveKeyword',
  'someInThreadHaveKeyword',
]

/** RFC 8621 section 4.4.2. @throws MethodError unsupportedSort, invalidArguments */
export function readEmailSort(sort: readonly Comparator[] | null | undefined): EmailSort[] {
  checkCollations(sort)
  return (sort ?? []).map((comparator) => {
    const property = sortProperties.find((known) => known === comparator.property)
    if (property === undefined) throw new MethodError('unsupportedSort')
    const isAscending = comparator.isAscending ?? true
    if (!property.endsWith('Keyword')) return { property, isAscending }
    if (comparator.keyword === undefined || !isKeyword(comparator.keyword))
      throw new MethodError('invalidArguments', 'Sorting by keyword needs a keyword')
    return { property, isAscending, keyword: comparator.keyword.toLowerCase() }
  })
}
