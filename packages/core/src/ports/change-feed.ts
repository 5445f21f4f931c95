import type { AccountId, ModSeq } from '../ids.ts'

/** Tells that an account changed; what changed is read from the store. Listeners are called after the commit and must not throw. */
export interface ChangeFeed {
  subscribe(account: AccountId, listener: (state: ModSeq) => void): () => void
}
