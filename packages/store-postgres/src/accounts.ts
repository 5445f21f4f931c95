import {
  type Account,
  type AccountId,
  MailError,
  type NewPassword,
  type PrincipalId,
  standardMailboxes,
} from '@gatepost/core'
import { accountId, accountNotFound, keyOf } from '@gatepost/store-model'

import { type Statements, statements } from './database/statement.ts'
import { AccountTx } from './write/account-tx.ts'
import { insertMailbox } from './write/ops/mailboxes.ts'
import type { AccountRow } from './write/rows.ts'
import type { Transactions } from './write/transaction.ts'

export const accountStatements: Statements<'add' | 'addViewer'> = statements('accounts', {
  add: `INSERT INTO account (address, password_hash, created_at) VALUES ($1, $2, $3) ON CONFLICT (address) DO NOTHING
          RETURNING id, mod_seq, used_bytes, quota_bytes, used_emails, quota_emails, last_uid_validity, viewers`,
  addViewer: `WITH added AS (
          INSERT INTO viewer (account_id, principal_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING account_id)
        UPDATE account SET viewers = viewers + 1 WHERE id IN (SELECT account_id FROM added)`,
})

/** With its mailboxes, as `DirectoryAdmin.addAccount`. @throws MailError conflict `account.exists` */
export function addAccount(
  transactions: Transactions,
  address: string,
  { hash }: NewPassword,
): Promise<Account> {
  return transactions.run([], async (transaction) => {
    const { connection, accounts, now } = transaction
    const [row] = await connection.rows<AccountRow>(accountStatements.add, address, hash, now)
    if (row === undefined)
      throw new MailError('conflict', 'account.exists', `The account ${address} exists`)
    const tx = new AccountTx(transaction, row)
    accounts.set(row.id, tx)
    for (const [sortOrder, { name, role }] of standardMailboxes.entries())
      insertMailbox(tx, { parent: 0, name, role, isSubscribed: true, sortOrder })
    return {
      id: accountId(row.id),
      address,
      createdAt: now,
      quota: { bytes: 0, emails: 0 },
      usedBytes: 0,
      usedEmails: 0,
    }
  })
}

/** The account is shared with a principal. @throws MailError notFound `account.notFound` */
export function addViewer(
  transactions: Transactions,
  account: AccountId,
  principal: PrincipalId,
): Promise<void> {
  const key = keyOf('a', account)
  return transactions.run([key], async ({ connection, accounts }) => {
    if (!accounts.has(key)) throw accountNotFound()
    await connection.rows(accountStatements.addViewer, key, keyOf('p', principal))
  })
}
