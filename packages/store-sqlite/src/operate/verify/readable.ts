import { type Finding, isSqliteError } from './finding.ts'

/** What `read` answers, or `otherwise` when a page that it needs cannot be read: the check goes on without it. */
export function* readable<T>(what: string, otherwise: T, read: () => T): Generator<Finding, T> {
  try {
    return read()
  } catch (error) {
    if (!isSqliteError(error)) throw error
    yield { kind: 'incomplete', what, reason: error.message }
    return otherwise
  }
}
