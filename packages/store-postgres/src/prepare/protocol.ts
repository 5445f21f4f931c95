import type { NewContent } from '@gatepost/core'
import type { PreparedBlob, PreparedMessage } from '@gatepost/store-model'

/** Bytes that are to be prepared: as a message, or as content and no more. */
export interface PrepareRequest {
  readonly id: number
  readonly kind: 'message' | 'blob'
  readonly content: NewContent
}

export type Prepared = PreparedMessage | PreparedBlob

export type PrepareReply =
  | { readonly id: number; readonly prepared: Prepared }
  | { readonly id: number; readonly error: string }
