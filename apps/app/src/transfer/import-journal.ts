import type { DatabaseSync } from 'node:sqlite'

import type { MailboxId, Uid } from '@gatepost/core'
import { inTransaction } from '@gatepost/store-sqlite'

import { openJournal } from './journal-file.ts'

const tables = `
CREATE TABLE IF NOT EXISTS folder (key TEXT PRIMARY KEY, mailbox_id TEXT NOT NULL, uid_validity INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS numbering (folder TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS done (folder TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (folder, key)) WITHOUT ROWID, STRICT;
CREATE TABLE IF NOT EXISTS batch (folder TEXT NOT NULL, mailbox_id TEXT NOT NULL, uid_next INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS batch_message (
  place INTEGER PRIMARY KEY, key TEXT NOT NULL, size INTEGER NOT NULL, received_at INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;`

/** Messages that go into the store together, as the journal knows them. */
export interface JournaledBatch {
  readonly folder: string
  readonly mailboxId: MailboxId
  /** The next UID of the mailbox before they came. */
  readonly uidNext: Uid
  /** In their order. */
  readonly messages: readonly JournaledMessage[]
}

export interface JournaledMessage {
  readonly key: string
  readonly size: number
  readonly receivedAt: number
  /** SHA-256 of the content. */
  readonly hash: string
}

export interface JournaledFolder {
  readonly mailboxId: MailboxId
  readonly uidValidity: number
}

/** What is imported. A batch is written down before it goes into the store, and ticked off afterwards: in between nobody knows. */
export class ImportJournal implements Disposable {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @throws TransferRefusal when another run has it, or it is about something else */
  static open(path: string, about: Readonly<Record<string, string>>): ImportJournal {
    const otherwise = `${path} tells of another import`
    return new ImportJournal(openJournal(path, { tables, about, otherwise }))
  }

  folder(key: string): JournaledFolder | undefined {
    const row = this.#db.prepare('SELECT * FROM folder WHERE key = ?').get(key)
    return row === undefined
      ? undefined
      : { mailboxId: row['mailbox_id'] as MailboxId, uidValidity: Number(row['uid_validity']) }
  }

  keepFolder(key: string, { mailboxId, uidValidity }: JournaledFolder): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO folder VALUES (?, ?, ?)')
      .run(key, mailboxId, uidValidity)
  }

  isDone(folder: string, key: string): boolean {
    return (
      this.#db.prepare('SELECT 1 FROM done WHERE folder = ? AND key = ?').get(folder, key) !==
      undefined
    )
  }

  /** The first run says it. False when `value` is another one: keys of then mean nothing now. */
  isNumberedBy(folder: string, value: string): boolean {
    this.#db.prepare('INSERT OR IGNORE INTO numbering VALUES (?, ?)').run(folder, value)
    const row = this.#db.prepare('SELECT value FROM numbering WHERE folder = ?').get(folder)
    return row?.['value'] === value
  }

  begin({ folder, mailboxId, uidNext, messages }: JournaledBatch): void {
    inTransaction(this.#db, () => {
      this.#forgetBatch()
      this.#db.prepare('INSERT INTO batch VALUES (?, ?, ?)').run(folder, mailboxId, uidNext)
      const insert = this.#db.prepare(
        'INSERT INTO batch_message (key, size, received_at, hash) VALUES (?, ?, ?, ?)',
      )
      for (const { key, size, receivedAt, hash } of messages)
        insert.run(key, size, receivedAt, hash)
    })
  }

  /** The batch that was begun: it is in the store, or it is not. */
  settle(isStored: boolean): void {
    inTransaction(this.#db, () => {
      if (isStored)
        this.#db.exec(
          'INSERT OR IGNORE INTO done SELECT batch.folder, batch_message.key FROM batch, batch_message',
        )
      this.#forgetBatch()
    })
  }

  /** What an interrupted run has begun and not settled. */
  open(): JournaledBatch | undefined {
    const row = this.#db.prepare('SELECT * FROM batch').get()
    if (row === undefined) return undefined
    const messages = this.#db.prepare('SELECT * FROM batch_message ORDER BY place').all()
    return {
      folder: String(row['folder']),
      mailboxId: row['mailbox_id'] as MailboxId,
      uidNext: row['uid_next'] as Uid,
      messages: messages.map((message) => ({
        key: String(message['key']),
        size: Number(message['size']),
        receivedAt: Number(message['received_at']),
        hash: String(message['hash']),
      })),
    }
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #forgetBatch(): void {
    this.#db.exec('DELETE FROM batch; DELETE FROM batch_message')
  }
}
