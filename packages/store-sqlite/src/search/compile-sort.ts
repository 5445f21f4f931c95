import type { EmailSort } from '@gatepost/core'

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
export function compileSort(sort: readonly EmailSort[] | undefined, hasMailbox: boolean): Compiled {
  const last = sqlPiece(hasMailbox ? 'm.uid' : 'e.id DESC')
  if (sort === undefined || sort.length === 0)
    return hasMailbox ? last : joinPieces([sqlPiece('e.received_at DESC'), last], ', ')
  return joinPieces([...sort.map(compileOne), last], ', ')
}

function compileOne({ property, isAscending, keyword }: EmailSort): Compiled {
  const direction = isAscending ? 'ASC' : 'DESC'
  const packed = ` ${(keyword ?? '').toLowerCase()} `
  const thread =
    'SELECT 1 FROM email k INDEXED BY email_thread WHERE k.account_id = e.account_id AND k.thread_id = e.thread_id'
  switch (property) {
    case 'hasKeyword':
      return sqlPiece(`(instr(e.keywords, ?) > 0) ${direction}`, packed)
    case 'allInThreadHaveKeyword':
      return sqlPiece(`NOT EXISTS (${thread} AND instr(k.keywords, ?) = 0) ${direction}`, packed)
    case 'someInThreadHaveKeyword':
      return sqlPiece(`EXISTS (${thread} AND instr(k.keywords, ?) > 0) ${direction}`, packed)
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
