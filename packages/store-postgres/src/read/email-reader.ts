import type { Email, EmailId, EmailReader, IndexPage, ThreadId } from '@gatepost/core'
import type { MimeIndex } from '@gatepost/mime'
import {
  blobId,
  emailId,
  keyOf,
  type KeywordCache,
  mailboxId,
  modSeq,
  threadId,
  withOtherSeen,
} from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import { inOrder } from './in-order.ts'
import type { Snapshot } from './snapshot.ts'

interface Row {
  readonly id: number
  readonly mod_seq: number
  readonly hash: string
  readonly thread_id: number
  readonly size: number
  readonly received_at: number
  readonly keywords: string
  readonly mailboxes: readonly number[] | null
  /** Whether the viewer has `$seen` unlike the owner. */
  readonly is_unlike?: boolean
}

interface IndexRow {
  readonly id: number
  readonly ordinal: number
  /** Null: behind the end of the page. */
  readonly mime: string | null
}

interface ThreadRow {
  readonly thread_id: number
  readonly emails: readonly number[]
}

/** Characters of JSON that one page of indexes has, and at least one index. */
const maxIndexPage = 1_048_576

const columns = `e.id, e.mod_seq, e.hash, e.thread_id, e.size, e.received_at, e.keywords,
          (SELECT array_agg(m.mailbox_id ORDER BY m.mailbox_id) FROM membership m
             WHERE m.account_id = e.account_id AND m.email_id = e.id) AS mailboxes`

export const emailReads: Statements<'get' | 'getAs' | 'indexes' | 'threads'> = statements(
  'emails',
  {
    get: `SELECT ${columns} FROM email e WHERE e.account_id = $1 AND e.id = ANY($2::bigint[])`,
    getAs: `SELECT ${columns}, EXISTS (SELECT FROM viewer_seen s WHERE s.account_id = e.account_id AND s.email_id = e.id AND s.viewer_id = $3) AS is_unlike
        FROM email e WHERE e.account_id = $1 AND e.id = ANY($2::bigint[])`,
    indexes: `SELECT id, ordinal, CASE WHEN before < $3 THEN mime END AS mime FROM (
              SELECT e.id, asked.ordinal, i.mime, sum(i.mime_length) OVER (ORDER BY asked.ordinal) - i.mime_length AS before
              FROM unnest($2::bigint[]) WITH ORDINALITY AS asked (id, ordinal)
              JOIN email e ON e.account_id = $1 AND e.id = asked.id
              JOIN blob_index i ON i.blob_id = e.blob_id) AS found
            ORDER BY ordinal`,
    threads: `SELECT thread_id, array_agg(id ORDER BY received_at, id) AS emails FROM email
              WHERE account_id = $1 AND thread_id = ANY($2::bigint[]) GROUP BY thread_id`,
  },
)

/** What readers of emails have beside the snapshot. */
export interface ViewParts {
  readonly keywords: KeywordCache
  /** Undefined: the owner. */
  readonly viewer: number | undefined
}

export class PostgresEmailReader implements EmailReader {
  readonly #snapshot: Snapshot
  readonly #keywords: KeywordCache
  readonly #viewer: number | undefined

  constructor(snapshot: Snapshot, { keywords, viewer }: ViewParts) {
    this.#snapshot = snapshot
    this.#keywords = keywords
    this.#viewer = viewer
  }

  async get(ids: readonly EmailId[]): Promise<readonly Email[]> {
    const keys = ids.map((id) => keyOf('e', id))
    const rows = await (this.#viewer === undefined
      ? this.#snapshot.rows<Row>(emailReads.get, keys)
      : this.#snapshot.rows<Row>(emailReads.getAs, keys, this.#viewer))
    return inOrder(
      ids,
      rows.map((row) => this.#emailOf(row)),
      ({ id }) => id,
    )
  }

  async indexes(ids: readonly EmailId[]): Promise<IndexPage> {
    const keys = ids.map((id) => keyOf('e', id))
    const rows = await this.#snapshot.rows<IndexRow>(emailReads.indexes, keys, maxIndexPage)
    const found = new Map<EmailId, MimeIndex>()
    for (const { id, ordinal, mime } of rows) {
      if (mime === null) return { found, rest: ids.slice(ordinal - 1) }
      found.set(emailId(id), JSON.parse(mime) as MimeIndex)
    }
    return { found, rest: [] }
  }

  async threads(ids: readonly ThreadId[]): Promise<ReadonlyMap<ThreadId, readonly EmailId[]>> {
    const keys = ids.map((id) => keyOf('t', id))
    const rows = await this.#snapshot.rows<ThreadRow>(emailReads.threads, keys)
    const found = rows.map((row) => [threadId(row.thread_id), row.emails.map(emailId)] as const)
    return new Map(inOrder(ids, found, ([id]) => id))
  }

  #emailOf(row: Row): Email {
    return {
      id: emailId(row.id),
      blobId: blobId(row.hash),
      threadId: threadId(row.thread_id),
      size: row.size,
      receivedAt: row.received_at,
      keywords: this.#keywords.unpack(
        row.is_unlike === true ? withOtherSeen(row.keywords) : row.keywords,
      ),
      mailboxIds: (row.mailboxes ?? []).map(mailboxId),
      modSeq: modSeq(row.mod_seq),
    }
  }
}
