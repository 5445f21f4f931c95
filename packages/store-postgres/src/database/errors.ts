import { MailError } from '@gatepost/core'
import { storeBusy } from '@gatepost/store-model'
import pg from 'pg'

// https://www.postgresql.org/docs/15/errcodes-appendix.html
const retried: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
])
/** Connection exceptions, insufficient resources, operator intervention (shutdown, cancelled by a timeout), system error. */
const passingClasses: ReadonlySet<string> = new Set(['08', '53', '57', '58'])
const passing: ReadonlySet<string> = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '55P03', // lock_not_available
])

/** The same transaction may succeed when it is tried again at once. */
export function isRetried(error: unknown): boolean {
  return error instanceof pg.DatabaseError && retried.has(error.code ?? '')
}

/** As callers of the store know it: what may pass is `store.busy`, what nobody expected is thrown as it is. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof MailError) return error
  if (!(error instanceof Error)) return error
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? ''
    const isPassing = passing.has(code) || passingClasses.has(code.slice(0, 2)) || isRetried(error)
    return isPassing ? storeBusy(`PostgreSQL cannot: ${error.message}`, error) : error
  }
  return isLost(error) ? storeBusy(`no connection to PostgreSQL: ${error.message}`, error) : error
}

/** Errors of the socket have a code of the system, those of the driver these texts. */
function isLost(error: Error): boolean {
  return (
    'syscall' in error ||
    (error.name === 'Error' && /connection|not queryable|timeout|pool/i.test(error.message))
  )
}
