import type { Statement } from '../database/statement.ts'

/** Rows of one account: how many of them are written and removed by one statement each. */
export interface Table<Row extends object> {
  /** Parameters: the account, then `parameters(rows)`. */
  readonly write: Statement
  /** Parameters: the account, then `keyParameters(rows)`. */
  readonly remove: Statement
  parameters(rows: readonly Row[]): unknown[][]
  keyParameters(rows: readonly Row[]): unknown[][]
}

type ColumnType = 'bigint' | 'text' | 'boolean' | 'integer'

/** `columns` with their types; `key` is what the primary key has behind the account. */
export function table<Row extends object>(
  name: string,
  columns: Readonly<Record<keyof Row & string, ColumnType>>,
  key: readonly (keyof Row & string)[],
): Table<Row> {
  const names = Object.keys(columns) as (keyof Row & string)[]
  const others = names.filter((column) => !key.includes(column))
  const arrays = (of: readonly (keyof Row & string)[]): string =>
    of.map((column, at) => `$${at + 2}::${columns[column]}[]`).join(', ')
  const valuesOf = (of: readonly (keyof Row & string)[], rows: readonly Row[]): unknown[][] =>
    of.map((column) => rows.map((row) => row[column]))
  return {
    write: {
      name: `${name}.write`,
      text: `INSERT INTO ${name} (account_id, ${names.join(', ')})
        SELECT $1, rows.* FROM unnest(${arrays(names)}) AS rows
        ON CONFLICT (account_id, ${key.join(', ')}) DO UPDATE SET ${others.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    },
    remove: {
      name: `${name}.remove`,
      text: `DELETE FROM ${name} USING unnest(${arrays(key)}) AS gone (${key.join(', ')})
        WHERE ${name}.account_id = $1 AND ${key.map((column) => `${name}.${column} = gone.${column}`).join(' AND ')}`,
    },
    parameters: (rows) => valuesOf(names, rows),
    keyParameters: (rows) => valuesOf(key, rows),
  }
}
