import { DatabaseSync } from 'node:sqlite'

import { migrate } from '../../../schema/migrate.ts'
import { type Finding, wrong } from '../finding.ts'
import { readable } from '../readable.ts'
import type { Scope } from './scope.ts'

interface SchemaRow {
  readonly name: string
  readonly sql: string
}

const select = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"

/** Tables and indexes are those that the migrations make. */
export function* checkSchema({ sql }: Scope): Generator<Finding> {
  const found = yield* readable('store.schema', undefined, () => sql.all<SchemaRow>(select))
  if (found === undefined) return
  const there = new Map(found.map((row) => [row.name, row.sql]))
  for (const { name, sql: text } of expectedSchema()) {
    const actual = there.get(name)
    if (actual !== text)
      yield wrong('store.schema', { table: name, expected: text, found: actual ?? 'nothing' })
    there.delete(name)
  }
  for (const [name, text] of there)
    yield wrong('store.schema', { table: name, expected: 'nothing', found: text })
}

function expectedSchema(): SchemaRow[] {
  const db = new DatabaseSync(':memory:')
  try {
    migrate(db)
    return db.prepare(select).all() as unknown as SchemaRow[]
  } finally {
    db.close()
  }
}
