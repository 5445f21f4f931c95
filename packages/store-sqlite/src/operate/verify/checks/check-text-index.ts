import { DatabaseSync } from 'node:sqlite'

import { ftsExpression } from '../../../search/fts-expression.ts'
import type { Sql } from '../../../sql.ts'
import { type Finding, isSqliteError, wrong } from '../finding.ts'
import { readable } from '../readable.ts'
import type { Scope } from './scope.ts'

const pageSize = 1_000
/** Characters taken from a text to look for it. */
const sampleLength = 12

/** How far the index goes. */
interface Position {
  readonly blob_id: number
  readonly late_id: number
}

/** A text that searches look through. */
interface TextRow {
  readonly blob_id: number
  readonly hash: string
  readonly text: string
}

/**
 * The full-text index in its file of its own. Its snapshot has to be older than the one of the database: then what it says it holds, it holds.
 * A file that is missing or belongs to another database is no problem: the server makes it anew.
 */
export class TextIndexSnapshot implements Disposable {
  readonly #db: DatabaseSync

  private constructor(db: DatabaseSync) {
    this.#db = db
  }

  static open(path: string): TextIndexSnapshot | undefined {
    let db: DatabaseSync | undefined
    try {
      db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
      db.exec('BEGIN')
      db.prepare('SELECT * FROM position').get()
      return new TextIndexSnapshot(db)
    } catch {
      db?.close()
      return undefined
    }
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  *check({ sql, isDeep }: Scope): Generator<Finding> {
    try {
      const position = this.#position(sql)
      if (position === undefined) return
      const messages = this.#db.prepare('PRAGMA quick_check(1)').all()
      const message = String(messages[0]?.['quick_check'] ?? 'ok')
      if (message === 'ok') yield* this.#checkTexts(sql, position, isDeep)
      else yield damaged(message)
    } catch (error) {
      if (!isSqliteError(error)) throw error
      yield damaged(error.message)
    }
  }

  *#checkTexts(sql: Sql, position: Position, isDeep: boolean): Generator<Finding> {
    const isIndexed = this.#db.prepare('SELECT 1 FROM words_docsize WHERE id = ?')
    const late = new Set(
      sql
        .all<{ blob_id: number }>(
          'SELECT blob_id FROM blob_text_late WHERE id > ?',
          position.late_id,
        )
        .map((row) => row.blob_id),
    )
    for (let after = 0; ;) {
      const rows: readonly TextRow[] = yield* readable('searchIndex.text', [], () =>
        sql.all<TextRow>(
          `SELECT x.blob_id, b.hash, ${isDeep ? "coalesce(nullif(x.body, ''), x.subject)" : "''"} AS text
             FROM blob_text x JOIN blob b ON b.id = x.blob_id
             WHERE x.blob_id > ? AND x.blob_id <= ? ORDER BY x.blob_id LIMIT ?`,
          after,
          position.blob_id,
          pageSize,
        ),
      )
      for (const row of rows) {
        if (late.has(row.blob_id)) continue
        if (isIndexed.get(row.blob_id) === undefined) yield notFound(row, 'not in the index')
        else if (isDeep && !this.#finds(row)) yield notFound(row, 'not found by its words')
      }
      const last = rows.at(-1)
      if (last === undefined) return
      after = last.blob_id
      yield { kind: 'progress', done: after, total: position.blob_id }
    }
  }

  /** By pieces of it, from its start, its middle and its end. */
  #finds({ blob_id: blob, text }: TextRow): boolean {
    const characters = Array.from(text)
    const starts = [0, characters.length / 2, characters.length - sampleLength]
    const samples = starts.map((start) => {
      const at = Math.max(0, Math.floor(start))
      return characters.slice(at, at + sampleLength).join('')
    })
    const find = this.#db.prepare('SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?')
    return samples.every((contains) => {
      const expression = ftsExpression({ kind: 'text', contains })
      return expression === undefined || find.get(expression, blob) !== undefined
    })
  }

  /** Undefined when the server would make the index anew. */
  #position(sql: Sql): Position | undefined {
    const own = sql.get<{ id: string }>('SELECT id FROM identity')?.id
    const position = this.#db.prepare('SELECT * FROM position').get()
    if (position === undefined || position['identity'] !== own) return undefined
    const blob = Number(position['blob_id'])
    const row = sql.get<{ hash: string }>('SELECT hash FROM blob WHERE id = ?', blob)
    if (row !== undefined && row.hash !== position['blob_hash']) return undefined
    return { blob_id: blob, late_id: Number(position['late_id']) }
  }
}

function notFound({ blob_id: blob }: TextRow, found: string): Finding {
  return wrong('searchIndex.text', { blob_id: blob, expected: 'found by searches', found })
}

function damaged(found: string): Finding {
  return wrong('searchIndex.pages', { table: 'search.sqlite', expected: 'ok', found })
}
