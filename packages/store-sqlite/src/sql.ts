import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** A connection with its prepared statements, each prepared once. The caller names the shape of a row beside its SQL. */
export class Sql {
  readonly db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.db = db
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the row's shape stands beside its SQL
  get<Row>(text: string, ...params: SQLInputValue[]): Row | undefined {
    return this.#prepare(text).get(...params) as Row | undefined
  }

  all<Row>(text: string, ...params: SQLInputValue[]): Row[] {
    return this.#prepare(text).all(...params) as Row[]
  }

  /** As `all`, read as far as the caller goes. */
  iterate<Row>(text: string, ...params: SQLInputValue[]): IterableIterator<Row> {
    return this.#prepare(text).iterate(...params) as unknown as IterableIterator<Row>
  }

  /** Answers how many rows changed. */
  run(text: string, ...params: SQLInputValue[]): number {
    return Number(this.#prepare(text).run(...params).changes)
  }

  /** As `run`; answers the rowid of the row inserted. */
  insert(text: string, ...params: SQLInputValue[]): number {
    return Number(this.#prepare(text).run(...params).lastInsertRowid)
  }

  /** Rows as arrays of columns: for long lists, where objects cost. */
  rows<Row extends readonly unknown[]>(text: string, ...params: SQLInputValue[]): Row[] {
    const statement = this.#prepare(text)
    statement.setReturnArrays(true)
    return statement.all(...params) as unknown as Row[]
  }

  close(): void {
    this.#statements.clear()
    this.db.close()
  }

  #prepare(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const statement = this.db.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }
}
