import type { EmailQuery } from '@gatepost/core'

import type { WireError } from '../errors.ts'

export interface SearchRequest {
  readonly id: number
  /** One of those that may run at once; it is nobody else's until the reply. */
  readonly place: number
  readonly account: number
  readonly query: EmailQuery
}

/** Hits as numbers in rows of four, for a cheap way between threads: email, thread, modseq, uid (0 for none). */
export type SearchReply =
  | {
      readonly id: number
      readonly columns: Float64Array<ArrayBuffer>
      readonly state: number
    }
  | { readonly id: number; readonly error: WireError }

export const columnsPerHit = 4

/** What a search thread is started with. */
export interface SearchStart {
  /** An integer for each place: 1 when nobody waits for the search there any more. */
  readonly flags: SharedArrayBuffer
  readonly maxMs: number
}
