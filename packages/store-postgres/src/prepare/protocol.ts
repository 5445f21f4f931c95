import type { NewContent } from '@gatepost/core'
import type { PreparedBlob, PreparedMessage, PrepareReplies } from '@gatepost/store-model'

/** Bytes that are to be prepared: as a message, or as content and no more. */
export interface PrepareRequest {
  readonly id: number
  readonly kind: 'message' | 'blob'
  readonly content: NewContent
  /** Whose turn it takes. */
  readonly owner: string
  /** The caller is done with all of the content's memory. */
  readonly mayMove: boolean
}

export type Prepared = PreparedMessage | PreparedBlob

/** What came of requests that arrived together. */
export interface PrepareReply extends PrepareReplies {
  /** In the order of `ids`. */
  readonly prepared: readonly Prepared[]
  readonly failed: readonly { readonly id: number; readonly error: string }[]
}
