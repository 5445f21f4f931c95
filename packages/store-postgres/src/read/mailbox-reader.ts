import type { Mailbox, MailboxId, MailboxReader } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import { mailboxColumns, mailboxOf, type MailboxRow } from '../mailbox-row.ts'
import { inOrder } from './in-order.ts'
import type { Snapshot } from './snapshot.ts'

export const mailboxReads: Statements<'get' | 'list'> = statements('mailboxes', {
  get: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1 AND id = ANY($2::bigint[])`,
  list: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1
           ORDER BY role IS DISTINCT FROM 'inbox', sort_order, name, id`,
})

export class PostgresMailboxReader implements MailboxReader {
  readonly #snapshot: Snapshot

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
  }

  async get(ids: readonly MailboxId[]): Promise<readonly Mailbox[]> {
    const keys = ids.map((id) => keyOf('m', id))
    const rows = await this.#snapshot.rows<MailboxRow>(mailboxReads.get, keys)
    return inOrder(ids, rows.map(mailboxOf), ({ id }) => id)
  }

  async list(): Promise<readonly Mailbox[]> {
    return (await this.#snapshot.rows<MailboxRow>(mailboxReads.list)).map(mailboxOf)
  }
}
