/** What a check says while it runs; keys are those of the database. */
export type Finding =
  | { readonly kind: 'wrong'; readonly what: string; readonly row: WrongRow }
  /** It could not look at everything: a page that it needs cannot be read. */
  | { readonly kind: 'incomplete'; readonly what: string; readonly reason: string }
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }

/** The columns that a rule answers: those that apply. */
export interface WrongRow {
  readonly account_id?: number | null
  readonly mailbox_id?: number | null
  readonly uid?: number | null
  readonly email_id?: number | null
  readonly thread_id?: number | null
  readonly blob_id?: number | null
  readonly queue_id?: number | null
  readonly table?: string
  readonly expected: string | number | null
  readonly found: string | number | null
  /** Emails that it touches, when the row does not say it by an email or a blob. */
  readonly emails?: readonly EmailKey[]
  readonly emailCount?: number
}

export interface EmailKey {
  readonly account: number
  readonly email: number
}

export function wrong(what: string, row: WrongRow): Finding {
  return { kind: 'wrong', what, row }
}

/** An error of SQLite itself, such as a malformed page; anything else is a defect of ours. */
export function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
