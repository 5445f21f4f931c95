import type { AccountId, ModSeq } from '../ids.ts'

/**
 * What a commit changed; the rest is read from the store. `directory`: a domain, an account, an alias, a password or a quota. `unknown`: something changed and nobody
 * can say what, as after commits of another process or a lost connection: everything may have.
 */
export type StoreChange =
  | { readonly kind: 'account'; readonly account: AccountId; readonly state: ModSeq }
  | { readonly kind: 'directory' }
  | { readonly kind: 'unknown' }

/**
 * Tells of changes after their commit, those of this process before their caller goes on, those of others within a second. A listener returns soon; one that
 * throws is logged, and takes neither the commit nor other listeners with it.
 */
export interface ChangeFeed {
  /** Of one account, those of other processes too. Answers what ends it. */
  subscribe(account: AccountId, listener: (state: ModSeq) => void): () => void
  /** Of everything, for who keeps what is derived from it. Answers what ends it. */
  watch(listener: (change: StoreChange) => void): () => void
}
