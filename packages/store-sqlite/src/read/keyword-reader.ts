import type { KeywordReader, KeywordSpelling } from '@gatepost/core'

import type { Snapshot } from './snapshot.ts'

export class SqliteKeywordReader implements KeywordReader {
  readonly #snapshot: Snapshot
  readonly #account: number

  constructor(snapshot: Snapshot, account: number) {
    this.#snapshot = snapshot
    this.#account = account
  }

  async after(position: number): Promise<readonly KeywordSpelling[]> {
    return this.#snapshot.sql.all<{ position: number; keyword: string; spelling: string }>(
      'SELECT id AS position, name AS keyword, spelling FROM keyword WHERE account_id = ? AND id > ? ORDER BY id',
      this.#account,
      position,
    )
  }
}
