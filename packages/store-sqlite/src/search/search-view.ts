import type { PrincipalId } from '@gatepost/core'
import { accountNotFound } from '@gatepost/store-model'

import { findViewer } from '../find-viewer.ts'
import type { Sql } from '../sql.ts'

/** Whose mail is looked through, and as whom: keys of the database. */
export interface SearchView {
  readonly account: number
  /** Undefined: as the owner. */
  readonly viewer: number | undefined
  /** The modseq of the account. */
  readonly state: number
}

/** @throws MailError notFound `account.notFound` */
export function viewOf(sql: Sql, account: number, viewer: PrincipalId | undefined): SearchView {
  const row = sql.get<{ mod_seq: number }>('SELECT mod_seq FROM account WHERE id = ?', account)
  if (row === undefined) throw accountNotFound()
  return {
    account,
    viewer: viewer === undefined ? undefined : findViewer(sql, account, viewer),
    state: row.mod_seq,
  }
}
