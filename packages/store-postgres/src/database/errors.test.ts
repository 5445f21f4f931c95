import pg from 'pg'
import { describe, expect, it } from 'vitest'

import { asStoreError, isRetried } from './errors.ts'

function databaseError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('what happened', 1, 'error'), { code })
}

describe('errors of PostgreSQL', () => {
  it.each(['08006', '53300', '57014', '57P01', '25P03', '55P03', '40P01'])(
    '%s may pass: the store is busy',
    (code) => {
      expect(asStoreError(databaseError(code))).toMatchObject({ code: 'store.busy', kind: 'busy' })
    },
  )

  it('that a statement of ours makes are told as they are', () => {
    for (const error of [databaseError('42601'), databaseError('23505')])
      expect(asStoreError(error)).toBe(error)
    const wrong = new TypeError("cannot read 'connection' of undefined")
    expect(asStoreError(wrong)).toBe(wrong)
  })

  it('of the connection are busy', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' })
    for (const error of [refused, new Error('Connection terminated unexpectedly')])
      expect(asStoreError(error)).toMatchObject({ code: 'store.busy' })
  })

  it('are tried again when another transaction was in the way', () => {
    expect([databaseError('40001'), databaseError('40P01')].every(isRetried)).toBe(true)
    expect(isRetried(databaseError('57014'))).toBe(false)
  })
})
