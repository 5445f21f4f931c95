import type { KeywordReader, KeywordSpelling } from '@gatepost/core'

import { type Statements, statements } from '../database/statement.ts'
import type { Snapshot } from './snapshot.ts'

export const keywordReads: Statements<'after'> = statements('keywords', {
  after: `SELECT id AS position, name AS keyword, spelling FROM keyword WHERE account_id = $1 AND id > $2 ORDER BY id`,
})

export class PostgresKeywordReader implements KeywordReader {
  readonly #snapshot: Snapshot

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
  }

  after(position: number): Promise<readonly KeywordSpelling[]> {
    return this.#snapshot.rows<KeywordSpelling>(keywordReads.after, position)
  }
}
