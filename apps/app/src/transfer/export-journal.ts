import type { DatabaseSync } from 'node:sqlite'

import type { MailboxId } from '@gatepost/core'
import { inTransaction } from '@gatepost/store-sqlite'

import type { FolderState } from './export-target.ts'
import { openJournal } from './journal-file.ts'

export const exportJournalName = 'gatepost-export.journal'

const tables = `
CREATE TABLE IF NOT EXISTS mailbox (
  id TEXT PRIMARY KEY, uid_validity INTEGER NOT NULL, last_uid INTEGER NOT NULL, bytes INTEGER NOT NULL, is_writing INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS missing (mailbox_id TEXT NOT NULL, uid INTEGER NOT NULL, PRIMARY KEY (mailbox_id, uid)) WITHOUT ROWID, STRICT;`

/** What is on disk of a mailbox. */
export interface Written {
  readonly lastUid: number
  readonly bytes: number
  /** UIDs that could not be read. */
  readonly failed: readonly number[]
  /** UIDs that had failed before and have been tried again. */
  readonly retried: readonly number[]
}

/** How far each mailbox is exported. */
export class ExportJournal implements Disposable {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @throws TransferRefusal when another run has it, or it is about something else */
  static open(path: string, about: Readonly<Record<'account' | 'format', string>>): ExportJournal {
    const otherwise = `${path} tells of another account or another format: take another folder`
    return new ExportJournal(openJournal(path, { tables, about, otherwise }))
  }

  /** @throws Error when the mailbox was made anew since */
  stateOf(mailbox: MailboxId, uidValidity: number): FolderState {
    const row = this.#db.prepare('SELECT * FROM mailbox WHERE id = ?').get(mailbox)
    if (row === undefined)
      return { uidValidity, afterUid: 0, bytes: 0, isInterrupted: false, missing: [] }
    if (row['uid_validity'] !== uidValidity)
      throw new Error('UIDs have another meaning since the last run: take another folder')
    return {
      uidValidity,
      afterUid: Number(row['last_uid']),
      bytes: Number(row['bytes']),
      isInterrupted: row['is_writing'] === 1,
      missing: this.#db
        .prepare('SELECT uid FROM missing WHERE mailbox_id = ? ORDER BY uid')
        .all(mailbox)
        .map(({ uid }) => Number(uid)),
    }
  }

  /** From now on more may be written than it says. */
  begin(mailbox: MailboxId, { uidValidity, afterUid, bytes }: FolderState): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO mailbox VALUES (?, ?, ?, ?, 1)')
      .run(mailbox, uidValidity, afterUid, bytes)
  }

  wrote(mailbox: MailboxId, { lastUid, bytes, failed, retried }: Written): void {
    inTransaction(this.#db, () => {
      this.#db
        .prepare('UPDATE mailbox SET last_uid = ?, bytes = ? WHERE id = ?')
        .run(lastUid, bytes, mailbox)
      const remove = this.#db.prepare('DELETE FROM missing WHERE mailbox_id = ? AND uid = ?')
      for (const uid of retried) remove.run(mailbox, uid)
      const insert = this.#db.prepare('INSERT OR IGNORE INTO missing VALUES (?, ?)')
      for (const uid of failed) insert.run(mailbox, uid)
    })
  }

  /** All that it says is there, and no more. */
  end(mailbox: MailboxId): void {
    this.#db.prepare('UPDATE mailbox SET is_writing = 0 WHERE id = ?').run(mailbox)
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }
}
