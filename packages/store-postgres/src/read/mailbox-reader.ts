import type { Mailbox, MailboxId, MailboxReader } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import {
  mailboxColumns,
  mailboxFor,
  mailboxOf,
  type MailboxRow,
  type ViewerMailboxRow,
} from '../mailbox-row.ts'
import { inOrder } from './in-order.ts'
import type { Snapshot } from './snapshot.ts'

export const mailboxReads: Statements<'get' | 'list' | 'viewed'> = statements('mailboxes', {
  get: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1 AND id = ANY($2::bigint[])`,
  list: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1
           ORDER BY role IS DISTINCT FROM 'inbox', sort_order, name, id`,
  viewed: `SELECT mailbox_id, is_subscribed, unread_emails, unread_threads FROM viewer_mailbox WHERE account_id = $1 AND viewer_id = $2`,
})

export class PostgresMailboxReader implements MailboxReader {
  readonly #snapshot: Snapshot
  readonly #viewer: number | undefined

  /** `viewer`: undefined, the owner. */
  constructor(snapshot: Snapshot, viewer: number | undefined) {
    this.#snapshot = snapshot
    this.#viewer = viewer
  }

  async get(ids: readonly MailboxId[]): Promise<readonly Mailbox[]> {
    const keys = ids.map((id) => keyOf('m', id))
    const rows = await this.#viewed(this.#snapshot.rows<MailboxRow>(mailboxReads.get, keys))
    return inOrder(ids, rows.map(mailboxOf), ({ id }) => id)
  }

  async list(): Promise<readonly Mailbox[]> {
    const rows = await this.#viewed(this.#snapshot.rows<MailboxRow>(mailboxReads.list))
    return rows.map(mailboxOf)
  }

  async #viewed(asked: Promise<MailboxRow[]>): Promise<MailboxRow[]> {
    if (this.#viewer === undefined) return asked
    const [rows, differences] = await Promise.all([
      asked,
      this.#snapshot.rows<ViewerMailboxRow>(mailboxReads.viewed, this.#viewer),
    ])
    const known = new Map(differences.map((one) => [one.mailbox_id, one]))
    return rows.map((row) => mailboxFor(row, known.get(row.id)))
  }
}
