import type { EmailQuery, MailboxQuery, PrincipalId } from '@gatepost/core'

import type { WireError } from '../errors.ts'

export interface SearchRequest {
  readonly id: number
  /** One of those that may run at once; it is nobody else's until the reply. */
  readonly place: number
  readonly account: number
  readonly query: EmailQuery | MailboxQuery
  /** As whom; undefined: as the owner. */
  readonly viewer?: PrincipalId | undefined
}

/** Results as numbers: keys of emails in the order asked, or UIDs ascending with their modseqs. */
export type SearchFound =
  | {
      readonly kind: 'window'
      readonly ids: Float64Array<ArrayBuffer>
      readonly position: number
      readonly hasMore: boolean
      readonly total: number | undefined
      readonly state: number
    }
  | {
      readonly kind: 'mailbox'
      readonly uids: Uint32Array<ArrayBuffer>
      readonly modSeqs: Float64Array<ArrayBuffer> | undefined
    }

export type SearchReply =
  | { readonly id: number; readonly found: SearchFound }
  | { readonly id: number; readonly error: WireError }

/** Memory that can be given away. */
export function transferableOf(reply: SearchReply): ArrayBuffer[] {
  if ('error' in reply) return []
  const { found } = reply
  if (found.kind === 'window') return [found.ids.buffer]
  return found.modSeqs === undefined
    ? [found.uids.buffer]
    : [found.uids.buffer, found.modSeqs.buffer]
}

/** What a search thread is started with. */
export interface SearchStart {
  /** An integer for each place: 1 when nobody waits for the search there any more. */
  readonly flags: SharedArrayBuffer
  readonly maxMs: number
}
