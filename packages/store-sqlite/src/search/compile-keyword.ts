import { type Compiled, sqlPiece } from './compiled.ts'

export function hasKeyword(table: 'e' | 'k', keyword: string): Compiled {
  return sqlPiece(`instr(${table}.keywords, ?) > 0`, ` ${keyword.toLowerCase()} `)
}

/**
 * RFC 8621 section 4.4.1: allInThreadHaveKeyword and its like. The threads are found once for the statement, not for each email: one thread of 50,000
 * emails would be gone through 50,000 times.
 */
export function threadKeyword(
  account: number,
  which: 'all' | 'some' | 'none',
  keyword: string,
): Compiled {
  const has = hasKeyword('k', keyword)
  const test = which === 'all' ? `NOT (${has.text})` : has.text
  return sqlPiece(
    `e.thread_id ${which === 'some' ? 'IN' : 'NOT IN'} (SELECT k.thread_id FROM email k WHERE k.account_id = ? AND may_go_on(k.id) AND ${test})`,
    account,
    ...has.params,
  )
}
