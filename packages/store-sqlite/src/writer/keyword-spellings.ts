import { hasSpelling, maxSpellings } from '@gatepost/store-model'

import type { AccountTx } from './account-tx.ts'

/** Keeps how keywords that the account did not have were written. Takes keywords that have been checked. */
export function keepSpellings(tx: AccountTx, keywords: Iterable<string>): void {
  for (const spelling of keywords) {
    const name = spelling.toLowerCase()
    if (!hasSpelling(name) || isKept(tx, name)) continue
    const id = lastId(tx) + 1
    if (id > maxSpellings) return
    tx.sql.run(
      'INSERT INTO keyword (account_id, id, name, spelling) VALUES (?, ?, ?, ?)',
      tx.id,
      id,
      name,
      spelling,
    )
  }
}

function isKept(tx: AccountTx, name: string): boolean {
  return (
    tx.sql.get('SELECT 1 FROM keyword WHERE account_id = ? AND name = ?', tx.id, name) !== undefined
  )
}

function lastId(tx: AccountTx): number {
  return (
    tx.sql.get<{ id: number }>(
      'SELECT id FROM keyword WHERE account_id = ? ORDER BY id DESC LIMIT 1',
      tx.id,
    )?.id ?? 0
  )
}
