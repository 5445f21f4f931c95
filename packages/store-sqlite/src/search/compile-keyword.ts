import { type Compiled, sqlPiece } from './compiled.ts'
import type { SearchView } from './search-view.ts'

export function hasKeyword(
  { account, viewer }: SearchView,
  table: 'e' | 'k',
  keyword: string,
): Compiled {
  const name = keyword.toLowerCase()
  const has = sqlPiece(`instr(${table}.keywords, ?) > 0`, ` ${name} `)
  if (viewer === undefined || name !== '$seen') return has
  return sqlPiece(
    `(${has.text}) <> EXISTS (SELECT 1 FROM viewer_seen w WHERE w.account_id = ? AND w.email_id = ${table}.id AND w.viewer_id = ?)`,
    ...has.params,
    account,
    viewer,
  )
}

/**
 * RFC 8621 section 4.4.1: allInThreadHaveKeyword and its like. The threads are found once for the statement, not for each email: one thread of 50,000
 * emails would be gone through 50,000 times.
 */
export function threadKeyword(
  view: SearchView,
  which: 'all' | 'some' | 'none',
  keyword: string,
): Compiled {
  const has = hasKeyword(view, 'k', keyword)
  const test = which === 'all' ? `NOT (${has.text})` : `(${has.text})`
  return sqlPiece(
    `e.thread_id ${which === 'some' ? 'IN' : 'NOT IN'} (SELECT k.thread_id FROM email k WHERE k.account_id = ? AND may_go_on(k.id) AND ${test})`,
    view.account,
    ...has.params,
  )
}
