import type { MimeIndex } from '@gatepost/mime'

import type { WireError } from '../../errors.ts'

/** `range`: the bytes of a blob from `start` up to `end`. `index`: its structure, made anew. */
export type ContentRequest = { readonly id: number; readonly blob: number } & (
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  | { readonly kind: 'index'; readonly size: number }
)

/** Null: there is no such blob any more. */
export type ContentReply =
  | { readonly id: number; readonly content: Uint8Array<ArrayBuffer> | MimeIndex | null }
  | { readonly id: number; readonly error: WireError }
