import type { EmailSort } from '@gatepost/core'

import { hasKeyword, threadKeyword } from './compile-keyword.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'
import type { SearchView } from './search-view.ts'

const columns = {
  receivedAt: 'received_at',
  size: 'size',
  from: 'x.sort_from',
  to: 'x.sort_to',
  subject: 'x.sort_subject',
} as const

/** The order of arrival, which an index has. */
export function isNewestFirst(sort: readonly EmailSort[] | undefined): boolean {
  const [first] = sort ?? []
  return (
    first === undefined ||
    (first.property === 'receivedAt' && !first.isAscending && sort?.length === 1)
  )
}

/** Ends with what makes the order total. `e`: the emails, `+e.` for an order that is to lead no plan. */
export function compileSort(
  sort: readonly EmailSort[] | undefined,
  view: SearchView,
  e: 'e.' | '+e.' = 'e.',
): Compiled {
  const last = sqlPiece(`${e}id DESC`)
  const sorts = sort === undefined || sort.length === 0 ? [newestFirst] : sort
  return joinPieces([...sorts.map((one) => compileOne(one, view, e)), last], ', ')
}

const newestFirst: EmailSort = { property: 'receivedAt', isAscending: false }

function compileOne(
  { property, isAscending, keyword = '' }: EmailSort,
  view: SearchView,
  e: 'e.' | '+e.',
): Compiled {
  const direction = isAscending ? 'ASC' : 'DESC'
  const by = ({ text, params }: Compiled): Compiled => sqlPiece(`(${text}) ${direction}`, ...params)
  switch (property) {
    case 'hasKeyword':
      return by(hasKeyword(view, 'e', keyword))
    case 'allInThreadHaveKeyword':
      return by(threadKeyword(view, 'all', keyword))
    case 'someInThreadHaveKeyword':
      return by(threadKeyword(view, 'some', keyword))
    case 'sentAt':
      // RFC 5256 section 2.2: without a Date, the time of arrival.
      return sqlPiece(`ifnull(e.sent_at, e.received_at) ${direction}`)
    case 'receivedAt':
    case 'size':
      return sqlPiece(`${e}${columns[property]} ${direction}`)
    case 'from':
    case 'to':
    case 'subject':
      return sqlPiece(`${columns[property]} ${direction}`)
    default:
      throw new Error('unknown sort')
  }
}
