import type { MailboxId, Membership, MembershipReader, Uid } from '@gatepost/core'
import {
  blobId,
  emailId,
  keyOf,
  type KeywordCache,
  modSeq,
  threadId,
  uid,
  withOtherSeen,
} from '@gatepost/store-model'

import type { Parameter } from '../database/connection.ts'
import { type Statement, type Statements, statements } from '../database/statement.ts'
import type { ViewParts } from './email-reader.ts'
import type { Snapshot } from './snapshot.ts'

interface Row {
  readonly uid: number
  readonly email_id: number
  readonly mod_seq: number
  readonly is_deleted: boolean
  readonly keywords: string
  readonly size: number
  readonly received_at: number
  readonly zone_minutes: number
  readonly hash: string
  readonly thread_id: number
  readonly copy_of: number
  /** Whether the viewer has `$seen` unlike the owner. */
  readonly is_unlike?: boolean
}

/** As many as the port allows at once. */
const maxRows = 1_000
const maxUids = 10_000

const columns = `m.uid, m.email_id, m.mod_seq, m.is_deleted, e.keywords, e.size, e.received_at, e.zone_minutes, e.hash, e.thread_id, e.copy_of`
const from = `FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
  WHERE m.account_id = $1 AND m.mailbox_id = $2`
const select = `SELECT ${columns} ${from}`
const isUnlike = `EXISTS (SELECT FROM viewer_seen s WHERE s.account_id = m.account_id AND s.email_id = m.email_id AND s.viewer_id =`

export const membershipReads: Statements<'uids' | 'get' | 'getAs' | 'page' | 'pageAs'> = statements(
  'memberships',
  {
    uids: `SELECT uid FROM membership WHERE account_id = $1 AND mailbox_id = $2 AND uid > $3 ORDER BY uid LIMIT $4`,
    get: `${select} AND m.uid = ANY($3::bigint[]) ORDER BY m.uid`,
    getAs: `SELECT ${columns}, ${isUnlike} $4) AS is_unlike ${from} AND m.uid = ANY($3::bigint[]) ORDER BY m.uid`,
    page: `${select} AND m.uid > $3 ORDER BY m.uid LIMIT $4`,
    pageAs: `SELECT ${columns}, ${isUnlike} $5) AS is_unlike ${from} AND m.uid > $3 ORDER BY m.uid LIMIT $4`,
  },
)

export class PostgresMembershipReader implements MembershipReader {
  readonly #snapshot: Snapshot
  readonly #keywords: KeywordCache
  readonly #viewer: number | undefined

  constructor(snapshot: Snapshot, { keywords, viewer }: ViewParts) {
    this.#snapshot = snapshot
    this.#keywords = keywords
    this.#viewer = viewer
  }

  async uids(mailbox: MailboxId, afterUid: Uid | 0, limit: number): Promise<Uid[]> {
    const rows = await this.#snapshot.rows<{ uid: number }>(
      membershipReads.uids,
      keyOf('m', mailbox),
      afterUid,
      Math.max(0, Math.min(limit, maxUids)),
    )
    return rows.map((row) => uid(row.uid))
  }

  async get(mailbox: MailboxId, uids: readonly Uid[]): Promise<readonly Membership[]> {
    const { get, getAs } = membershipReads
    return this.#rows([get, getAs], keyOf('m', mailbox), uids.slice(0, maxRows))
  }

  async page(mailbox: MailboxId, afterUid: Uid | 0, limit: number): Promise<readonly Membership[]> {
    const { page, pageAs } = membershipReads
    const most = Math.max(0, Math.min(limit, maxRows))
    return this.#rows([page, pageAs], keyOf('m', mailbox), afterUid, most)
  }

  /** By the statement of the owner or by that of a viewer, whose key comes last. */
  async #rows(
    [ofOwner, ofViewer]: readonly [Statement, Statement],
    ...values: readonly Parameter[]
  ): Promise<readonly Membership[]> {
    const rows = await (this.#viewer === undefined
      ? this.#snapshot.rows<Row>(ofOwner, ...values)
      : this.#snapshot.rows<Row>(ofViewer, ...values, this.#viewer))
    return rows.map((row) => this.#membershipOf(row))
  }

  #membershipOf(row: Row): Membership {
    return {
      uid: uid(row.uid),
      emailId: emailId(row.email_id),
      originalId: emailId(row.copy_of === 0 ? row.email_id : row.copy_of),
      modSeq: modSeq(row.mod_seq),
      isDeleted: row.is_deleted,
      keywords: this.#keywords.unpack(
        row.is_unlike === true ? withOtherSeen(row.keywords) : row.keywords,
      ),
      size: row.size,
      receivedAt: row.received_at,
      zoneMinutes: row.zone_minutes,
      blobId: blobId(row.hash),
      threadId: threadId(row.thread_id),
    }
  }
}
