import { chmodSync, rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

import { inTransaction } from '../in-transaction.ts'
import type { Sql } from '../sql.ts'
import { headerSearchText } from './header-search.ts'

/** Texts added in one transaction. */
const batchSize = 50
/** Rows compared at once when it is swept. */
const sweepSize = 10_000
/** Blobs looked up in one statement, which nothing can interrupt. */
const pageBlobs = 20_000
/** Of this file's shape: another one is made anew. */
const version = 2

interface TextRow {
  readonly id: number
  readonly text: string
}
interface Position {
  identity: string
  version: number
  /** Blobs up to this one are in the index. */
  blob_id: number
  blob_hash: string
  /** Rows of blob_text_late up to this one are in it too. */
  late_id: number
}

/**
 * Full-text index over the folded text and the header of all emails, as trigrams: it answers which blobs can contain a text, quickly, and the caller looks closer.
 * A file of its own beside the database, written by the search thread alone: filling it never holds the writer up, and losing it loses nothing.
 */
export class TextIndex implements Disposable {
  readonly #main: Sql
  readonly #db: DatabaseSync
  readonly #find: StatementSync
  readonly #position: Position
  #isDamaged = false

  private constructor(main: Sql, db: DatabaseSync, position: Position) {
    this.#main = main
    this.#db = db
    this.#position = position
    this.#find = db.prepare(
      'SELECT rowid FROM words WHERE words MATCH ? AND rowid > ? AND rowid <= ? ORDER BY rowid',
    )
    this.#find.setReturnArrays(true)
  }

  /** Opens the index that belongs to this database, making it anew when it does not, or cannot be read. */
  static open(main: Sql, path: string): TextIndex {
    const identity = main.get<{ id: string }>('SELECT id FROM identity')?.id ?? ''
    try {
      const db = openFile(path)
      const position = db
        .prepare('SELECT identity, version, blob_id, blob_hash, late_id FROM position')
        .get() as Position | undefined
      if (position !== undefined && isOf(main, identity, position))
        return new TextIndex(main, db, { ...position })
      db.close()
    } catch {
      // Not a database, or one of another shape.
    }
    removeIndex(path)
    const db = openFile(path)
    const position = { identity, version, blob_id: 0, blob_hash: '', late_id: 0 }
    db.prepare('INSERT INTO position VALUES (?, ?, ?, ?, ?)').run(identity, version, 0, '', 0)
    return new TextIndex(main, db, position)
  }

  /** Every blob after this one has to be looked at itself. */
  get lastBlob(): number {
    return this.#position.blob_id
  }

  /** Blobs that have become emails out of turn and are not in the index yet. */
  lateBlobs(): number[] {
    return this.#main
      .all<{ blob_id: number }>(
        'SELECT blob_id FROM blob_text_late WHERE id > ?',
        this.#position.late_id,
      )
      .map((row) => row.blob_id)
  }

  /** Its file cannot be read any more: `removeIndex`, and open it anew. */
  get isDamaged(): boolean {
    return this.#isDamaged
  }

  /** Indexed blobs up to `last` that match, in pages of the index; undefined when the file is damaged. `expression` is one of `ftsExpression`. */
  *candidates(expression: string, last: number): Generator<readonly number[] | undefined> {
    for (let after = 0; after < last; after += pageBlobs) {
      try {
        const to = Math.min(last, after + pageBlobs)
        const rows = this.#find.all(expression, after, to) as unknown as [number][]
        yield rows.map(([rowid]) => rowid)
      } catch {
        this.#isDamaged = true
        yield undefined
        return
      }
    }
  }

  /** Takes in a few more texts. False when there are none left. */
  catchUp(): boolean {
    const { blob_id: after, late_id: lateAfter } = this.#position
    const rows = this.#main.all<TextRow & { hash: string }>(
      `SELECT ${textOf}, b.hash FROM blob_text x JOIN blob b ON b.id = x.blob_id WHERE x.blob_id > ? ORDER BY x.blob_id LIMIT ?`,
      after,
      batchSize,
    )
    const late = this.#main.all<TextRow & { late_id: number }>(
      `SELECT ${textOf}, l.id AS late_id FROM blob_text_late l JOIN blob_text x ON x.blob_id = l.blob_id WHERE l.id > ? AND x.blob_id <= ? ORDER BY l.id LIMIT ?`,
      lateAfter,
      after,
      batchSize,
    )
    const last = rows.at(-1)
    const lastLate = late.at(-1)
    if (last === undefined && lastLate === undefined) return false
    if (last !== undefined) {
      this.#position.blob_id = last.id
      this.#position.blob_hash = last.hash
    }
    if (lastLate !== undefined) this.#position.late_id = lastLate.late_id
    this.#add([...rows, ...late])
    return true
  }

  /** Forgets blobs that are gone. */
  sweep(): void {
    const page = this.#db.prepare('SELECT id FROM words_docsize WHERE id > ? ORDER BY id LIMIT ?')
    const remove = this.#db.prepare('DELETE FROM words WHERE rowid = ?')
    for (let after = 0; ;) {
      const indexed = page.all(after, sweepSize) as { id: number }[]
      const last = indexed.at(-1)
      if (last === undefined) return
      const known = this.#main.rows<[number]>(
        'SELECT blob_id FROM blob_text WHERE blob_id > ? AND blob_id <= ?',
        after,
        last.id,
      )
      const isKnown = new Set(known.map(([id]) => id))
      inTransaction(this.#db, () => {
        for (const { id } of indexed) if (!isKnown.has(id)) remove.run(id)
      })
      after = last.id
    }
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #add(rows: readonly TextRow[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)')
    const { blob_id: blob, blob_hash: hash, late_id: late } = this.#position
    inTransaction(this.#db, () => {
      for (const { id, text } of rows) {
        const whole = `${text}\n${headerSearchText(this.#main, id)}`
        // NUL ends a text for FTS5.
        insert.run(id, whole.replaceAll('\0', ' '))
      }
      this.#db
        .prepare('UPDATE position SET blob_id = ?, blob_hash = ?, late_id = ?')
        .run(blob, hash, late)
    })
  }
}

/** All the text of an email in one: which of its parts holds a word is looked at later. */
const textOf = `x.blob_id AS id, x.subject || char(10) || x.from_text || char(10) || x.to_text || char(10) ||
  x.cc_text || char(10) || x.bcc_text || char(10) || x.body AS text`

/** It is made anew when it is opened next. */
export function removeIndex(path: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

function openFile(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    // Before there are files beside it, which get its mode.
    chmodSync(path, 0o600)
    // After a crash of the machine it may have to be made anew, which its position tells.
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8000')
    db.exec(`CREATE TABLE IF NOT EXISTS position (
      identity TEXT NOT NULL, version INTEGER NOT NULL, blob_id INTEGER NOT NULL, blob_hash TEXT NOT NULL, late_id INTEGER NOT NULL) STRICT`)
    db.exec(`CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
      text, content='', contentless_delete=1, detail=none, tokenize='trigram case_sensitive 1')`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Blob ids mean the same in both: it is this database, and not an older state of it put back by hand. */
function isOf(main: Sql, identity: string, position: Position): boolean {
  if (position.identity !== identity || position.version !== version) return false
  const last = main.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'blob'")
  if ((last?.seq ?? 0) < position.blob_id) return false
  const blob = main.get<{ hash: string }>('SELECT hash FROM blob WHERE id = ?', position.blob_id)
  return blob === undefined || blob.hash === position.blob_hash
}
