import type { KeywordReader, KeywordSpelling } from '@gatepost/core'

import type { Sql } from '../sql.ts'

export class SqliteKeywordReader implements KeywordReader {
  readonly #sql: Sql
  readonly #account: number

  constructor(sql: Sql, account: number) {
    this.#sql = sql
    this.#account = account
  }

  after(position: number): readonly KeywordSpelling[] {
    return this.#sql.all<{ position: number; keyword: string; spelling: string }>(
      'SELECT id AS position, name AS keyword, spelling FROM keyword WHERE account_id = ? AND id > ? ORDER BY id',
      this.#account,
      position,
    )
  }
}
