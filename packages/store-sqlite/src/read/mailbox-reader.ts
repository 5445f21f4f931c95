import type { Mailbox, MailboxId, MailboxReader } from '@gatepost/core'

import { keyOf } from '../ids.ts'
import { mailboxColumns, mailboxOf, type MailboxRow } from '../mailbox-row.ts'
import type { Sql } from '../sql.ts'

export class SqliteMailboxReader implements MailboxReader {
  readonly #sql: Sql
  readonly #account: number

  constructor(sql: Sql, account: number) {
    this.#sql = sql
    this.#account = account
  }

  get(id: MailboxId): Mailbox | undefined {
    const row = this.#sql.get<MailboxRow>(
      `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ? AND id = ?`,
      this.#account,
      keyOf('m', id),
    )
    return row === undefined ? undefined : mailboxOf(row)
  }

  list(): readonly Mailbox[] {
    return this.#sql
      .all<MailboxRow>(
        `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ?
           ORDER BY ifnull(role, '') <> 'inbox', sort_order, name, id`,
        this.#account,
      )
      .map(mailboxOf)
  }
}
