import type { EmailSort } from '@gatepost/core'

import { hasKeyword, threadKeyword } from './compile-keyword.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'

const columns = {
  receivedAt: 'e.received_at',
  // RFC 5256 section 2.2: without a Date, the time of arrival.
  sentAt: 'ifnull(e.sent_at, e.received_at)',
  size: 'e.size',
  from: 'x.sort_from',
  to: 'x.sort_to',
  subject: 'x.sort_subject',
} as const

/** Ends with what makes the order total. */
export function compileSort(
  sort: readonly EmailSort[] | undefined,
  { account, hasMailbox }: { readonly account: number; readonly hasMailbox: boolean },
): Compiled {
  const last = sqlPiece(hasMailbox ? 'm.uid' : 'e.id DESC')
  if (sort === undefined || sort.length === 0)
    return hasMailbox ? last : joinPieces([sqlPiece('e.received_at DESC'), last], ', ')
  return joinPieces([...sort.map((one) => compileOne(one, account)), last], ', ')
}

function compileOne({ property, isAscending, keyword = '' }: EmailSort, account: number): Compiled {
  const direction = isAscending ? 'ASC' : 'DESC'
  const by = ({ text, params }: Compiled): Compiled => sqlPiece(`(${text}) ${direction}`, ...params)
  switch (property) {
    case 'hasKeyword':
      return by(hasKeyword('e', keyword))
    case 'allInThreadHaveKeyword':
      return by(threadKeyword(account, 'all', keyword))
    case 'someInThreadHaveKeyword':
      return by(threadKeyword(account, 'some', keyword))
    case 'receivedAt':
    case 'sentAt':
    case 'size':
    case 'from':
    case 'to':
    case 'subject':
      return sqlPiece(`${columns[property]} ${direction}`)
    default:
      throw new Error('unknown sort')
  }
}
