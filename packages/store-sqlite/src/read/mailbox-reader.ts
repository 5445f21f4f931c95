import type { Mailbox, MailboxId, MailboxReader } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

import { mailboxColumns, mailboxOf, type MailboxRow } from '../mailbox-row.ts'
import type { Snapshot } from './snapshot.ts'
import type { ViewerReader } from './viewer-reader.ts'

export class SqliteMailboxReader implements MailboxReader {
  readonly #snapshot: Snapshot
  readonly #account: number
  readonly #view: ViewerReader | undefined

  /** `view`: undefined, the owner's. */
  constructor(snapshot: Snapshot, account: number, view: ViewerReader | undefined) {
    this.#view = view
    this.#snapshot = snapshot
    this.#account = account
  }

  async get(ids: readonly MailboxId[]): Promise<readonly Mailbox[]> {
    const rows = ids.flatMap((id) => {
      const row = this.#snapshot.sql.get<MailboxRow>(
        `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ? AND id = ?`,
        this.#account,
        keyOf('m', id),
      )
      return row === undefined ? [] : [row]
    })
    return this.#viewed(rows)
  }

  async list(): Promise<readonly Mailbox[]> {
    const rows = this.#snapshot.sql.all<MailboxRow>(
      `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ?
         ORDER BY ifnull(role, '') <> 'inbox', sort_order, name, id`,
      this.#account,
    )
    return this.#viewed(rows)
  }

  #viewed(rows: readonly MailboxRow[]): readonly Mailbox[] {
    return (this.#view?.mailboxesOf(rows) ?? rows).map(mailboxOf)
  }
}
