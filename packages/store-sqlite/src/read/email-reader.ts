import type { Email, EmailId, EmailReader, IndexPage, ThreadId } from '@gatepost/core'
import { indexMessage, type MimeIndex } from '@gatepost/mime'
import { blobId, emailId, keyOf, mailboxId, modSeq, threadId } from '@gatepost/store-model'

import { readBlob } from '../writer/blobs.ts'
import type { ReaderParts } from './account-reader.ts'
import type { Snapshot } from './snapshot.ts'
import type { ViewerReader } from './viewer-reader.ts'

interface Row {
  readonly id: number
  readonly mod_seq: number
  readonly hash: string
  readonly thread_id: number
  readonly size: number
  readonly received_at: number
  readonly keywords: string
}

interface IndexRow {
  readonly blob_id: number
  readonly size: number
  readonly version: number
  readonly mime: string
}

const indexVersion: MimeIndex['version'] = 3
/** Characters of JSON that one page of indexes has, and at least one index. */
const maxIndexPage = 1_048_576

export class SqliteEmailReader implements EmailReader {
  readonly #snapshot: Snapshot
  readonly #account: number
  readonly #parts: ReaderParts
  readonly #view: ViewerReader | undefined

  /** `view`: undefined, the owner's. */
  constructor(
    snapshot: Snapshot,
    account: number,
    { view, ...parts }: ReaderParts & { readonly view: ViewerReader | undefined },
  ) {
    this.#view = view
    this.#snapshot = snapshot
    this.#account = account
    this.#parts = parts
  }

  async get(ids: readonly EmailId[]): Promise<readonly Email[]> {
    const keywordsOf = this.#view?.keywordsOf(ids.map((id) => keyOf('e', id)))
    return ids.flatMap((id) => {
      const row = this.#snapshot.sql.get<Row>(
        'SELECT id, mod_seq, hash, thread_id, size, received_at, keywords FROM email WHERE account_id = ? AND id = ?',
        this.#account,
        keyOf('e', id),
      )
      if (row === undefined) return []
      return [this.#emailOf(row, keywordsOf?.(row.id, row.keywords) ?? row.keywords)]
    })
  }

  async indexes(ids: readonly EmailId[]): Promise<IndexPage> {
    const found = new Map<EmailId, MimeIndex>()
    let length = 0
    for (const [at, id] of ids.entries()) {
      if (length >= maxIndexPage) return { found, rest: ids.slice(at) }
      const row = this.#indexRow(id)
      if (row === undefined) continue
      length += row.mime.length
      found.set(id, isCurrent(row) ? parsed(row) : await this.#madeAnew(row))
    }
    return { found, rest: [] }
  }

  async threads(ids: readonly ThreadId[]): Promise<ReadonlyMap<ThreadId, readonly EmailId[]>> {
    const found = new Map<ThreadId, readonly EmailId[]>()
    for (const id of ids) {
      const rows = this.#snapshot.sql.all<{ id: number }>(
        'SELECT id FROM email INDEXED BY email_thread WHERE account_id = ? AND thread_id = ? ORDER BY received_at, id',
        this.#account,
        keyOf('t', id),
      )
      if (rows.length > 0)
        found.set(
          id,
          rows.map((row) => emailId(row.id)),
        )
    }
    return found
  }

  #indexRow(id: EmailId): IndexRow | undefined {
    return this.#snapshot.sql.get<IndexRow>(
      `SELECT e.blob_id, e.size, i.version, i.mime FROM email e JOIN blob_index i ON i.blob_id = e.blob_id
         WHERE e.account_id = ? AND e.id = ?`,
      this.#account,
      keyOf('e', id),
    )
  }

  /** Of an older shape: beside the event loop. */
  async #madeAnew({ blob_id: blob, size }: IndexRow): Promise<MimeIndex> {
    const made = await this.#parts.content.index(blob, size)
    return made ?? indexMessage(readBlob(this.#snapshot.sql, blob, size))
  }

  #emailOf(row: Row, keywords: string): Email {
    const mailboxes = this.#snapshot.sql.all<{ mailbox_id: number }>(
      'SELECT mailbox_id FROM membership INDEXED BY membership_email WHERE account_id = ? AND email_id = ? ORDER BY mailbox_id',
      this.#account,
      row.id,
    )
    return {
      id: emailId(row.id),
      blobId: blobId(row.hash),
      threadId: threadId(row.thread_id),
      size: row.size,
      receivedAt: row.received_at,
      keywords: this.#parts.keywords.unpack(keywords),
      mailboxIds: mailboxes.map((one) => mailboxId(one.mailbox_id)),
      modSeq: modSeq(row.mod_seq),
    }
  }
}

function isCurrent({ version }: IndexRow): boolean {
  return version === indexVersion
}

function parsed({ mime }: IndexRow): MimeIndex {
  return JSON.parse(mime) as MimeIndex
}
