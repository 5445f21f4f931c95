import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** A connection with its prepared statements, each prepared once. The caller names the shape of a row beside its SQL. */
export class Sql {
  readonly db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #spent = 0

  constructor(db: DatabaseSync) {
    this.db = db
  }

  /** Statements run so far, and what was charged beside them: each costs some microseconds, whatever the machine is at. */
  get spent(): number {
    return this.#spent
  }

  /** For a statement that does the work of many. */
  charge(statements: number): void {
    this.#spent += statements
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
    this.#spent += 1
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const statement = this.db.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }
}
