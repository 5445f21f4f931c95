import type { PrincipalId } from '@gatepost/core'
import { withOtherSeen } from '@gatepost/store-model'

import { findViewer } from '../find-viewer.ts'
import { type MailboxDifference, mailboxFor, type MailboxRow } from '../mailbox-row.ts'
import type { Snapshot } from './snapshot.ts'

/** What a viewer has unlike the owner of an account. */
export class ViewerReader {
  readonly #snapshot: Snapshot
  readonly #account: number
  readonly #viewer: number

  /** @throws MailError notFound `account.notFound` */
  constructor(snapshot: Snapshot, account: number, principal: PrincipalId) {
    this.#snapshot = snapshot
    this.#account = account
    this.#viewer = findViewer(snapshot.sql, account, principal)
  }

  /** What the keywords of these emails, packed, are for the viewer. */
  keywordsOf(emails: readonly number[]): (email: number, packed: string) => string {
    const rows = this.#snapshot.sql.rows<readonly [number]>(
      'SELECT email_id FROM viewer_seen WHERE account_id = ? AND viewer_id = ? AND email_id IN (SELECT value FROM json_each(?))',
      this.#account,
      this.#viewer,
      JSON.stringify(emails),
    )
    const unlike = new Set(rows.map(([email]) => email))
    return (email, packed) => (unlike.has(email) ? withOtherSeen(packed) : packed)
  }

  /** The mailboxes as the viewer sees them. */
  mailboxesOf(rows: readonly MailboxRow[]): MailboxRow[] {
    const differences = this.#snapshot.sql.all<MailboxDifference & { mailbox_id: number }>(
      'SELECT mailbox_id, is_subscribed, unread_emails, unread_threads FROM viewer_mailbox WHERE account_id = ? AND viewer_id = ?',
      this.#account,
      this.#viewer,
    )
    const known = new Map(differences.map((one) => [one.mailbox_id, one]))
    return rows.map((row) => mailboxFor(row, known.get(row.id)))
  }
}
