import type { EmailCondition, EmailQuery } from '@gatepost/core'

/** `list`: told by columns of the mailbox and the email alone, in a moment; `text`: looks at what is in the messages, or at threads. */
export type SearchLane = 'list' | 'text'

/** More conditions than any list of a client has. */
const maxListConditions = 16
const maxListIds = 5_000

const slowKinds: ReadonlySet<EmailCondition['kind']> = new Set([
  'header',
  'anyHeader',
  'threadKeyword',
  'from',
  'to',
  'cc',
  'bcc',
  'subject',
  'body',
  'text',
])
const slowSorts: ReadonlySet<string> = new Set([
  'from',
  'to',
  'subject',
  'allInThreadHaveKeyword',
  'someInThreadHaveKeyword',
])

export function laneOf({ where, sort = [] }: Pick<EmailQuery, 'where' | 'sort'>): SearchLane {
  if (sort.length > maxListConditions || sort.some(({ property }) => slowSorts.has(property)))
    return 'text'
  const waiting = [where]
  let conditions = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    conditions += 1
    if (conditions > maxListConditions || slowKinds.has(next.kind) || isLong(next)) return 'text'
    if (next.kind === 'not') waiting.push(next.of)
    else if ('of' in next) waiting.push(...next.of.slice(0, maxListConditions + 1))
  }
  return 'list'
}

function isLong(condition: EmailCondition): boolean {
  return 'ids' in condition && condition.ids.length > maxListIds
}
