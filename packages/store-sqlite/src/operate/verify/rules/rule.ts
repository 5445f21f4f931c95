/** Something that always holds in a store, as the query for what breaks it: its columns are those of `WrongRow`. */
export interface Rule {
  readonly what: string
  readonly sql: string
}
