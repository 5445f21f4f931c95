type Key = string | number

/** Rows of one table that a transaction has looked at, and what it changes of them: written together later. */
export class RowSet<Row extends object> {
  readonly #keyOf: (row: Row) => Key
  /** Undefined: known not to be there. */
  readonly #rows = new Map<Key, Row | undefined>()
  readonly #changed = new Set<Row>()
  readonly #gone = new Map<Key, Row>()

  constructor(keyOf: (row: Row) => Key) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.#rows.size
  }

  isKnown(key: Key): boolean {
    return this.#rows.has(key)
  }

  get(key: Key): Row | undefined {
    return this.#rows.get(key)
  }

  all(): Row[] {
    return [...this.#rows.values()].filter((row) => row !== undefined)
  }

  /** What the database has of these keys. A row that is known already is newer here. */
  load(rows: readonly Row[], keys: Iterable<Key> = []): void {
    for (const row of rows)
      if (!this.isKnown(this.#keyOf(row))) this.#rows.set(this.#keyOf(row), row)
    for (const key of keys) if (!this.isKnown(key)) this.#rows.set(key, undefined)
  }

  add(row: Row): void {
    const key = this.#keyOf(row)
    this.#rows.set(key, row)
    this.#gone.delete(key)
    this.#changed.add(row)
  }

  /** The row itself has been changed. */
  touch(row: Row): void {
    this.#changed.add(row)
  }

  delete(row: Row): void {
    const key = this.#keyOf(row)
    this.#rows.set(key, undefined)
    this.#changed.delete(row)
    this.#gone.set(key, row)
  }

  /** What has been deleted since `take`. */
  gone(): Row[] {
    return [...this.#gone.values()]
  }

  /** What is to be written, each time once. */
  take(): { readonly changed: readonly Row[]; readonly gone: readonly Row[] } {
    const changed = [...this.#changed]
    const gone = [...this.#gone.values()]
    this.#changed.clear()
    this.#gone.clear()
    return { changed, gone }
  }

  /** After `take`: what is read next comes from the database. */
  forget(): void {
    this.#rows.clear()
  }
}
