import type { Sql } from '../../../sql.ts'
import type { Finding } from '../finding.ts'

/** What checks look at: one snapshot of the database. */
export interface Scope {
  readonly sql: Sql
  readonly accounts: readonly number[]
  readonly isDeep: boolean
}

/** Yields often, so that its caller can do something else in between. */
export type Check = (scope: Scope) => Generator<Finding>
