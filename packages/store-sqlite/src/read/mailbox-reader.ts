import type { Mailbox, MailboxId, MailboxReader } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

import { mailboxColumns, mailboxOf, type MailboxRow } from '../mailbox-row.ts'
import type { Snapshot } from './snapshot.ts'

export class SqliteMailboxReader implements MailboxReader {
  readonly #snapshot: Snapshot
  readonly #account: number

  constructor(snapshot: Snapshot, account: number) {
    this.#snapshot = snapshot
    this.#account = account
  }

  async get(ids: readonly MailboxId[]): Promise<readonly Mailbox[]> {
    return ids.flatMap((id) => {
      const row = this.#snapshot.sql.get<MailboxRow>(
        `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ? AND id = ?`,
        this.#account,
        keyOf('m', id),
      )
      return row === undefined ? [] : [mailboxOf(row)]
    })
  }

  async list(): Promise<readonly Mailbox[]> {
    return this.#snapshot.sql
      .all<MailboxRow>(
        `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ?
           ORDER BY ifnull(role, '') <> 'inbox', sort_order, name, id`,
        this.#account,
      )
      .map(mailboxOf)
  }
}
