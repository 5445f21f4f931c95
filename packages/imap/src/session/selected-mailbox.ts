import type { AccountId, MailboxId, ModSeq, Uid } from '@gatepost/core'

import type { KnownKeywords } from './known-keywords.ts'

export interface SelectedMailboxOptions {
  readonly accountId: AccountId
  readonly id: MailboxId
  readonly isReadOnly: boolean
  /** Ascending. */
  readonly uids: Uid[]
  readonly modSeq: ModSeq
  readonly keywords: KnownKeywords
}

/** What this client believes to be in the mailbox: message n is `uids[n - 1]` until an EXPUNGE has told it otherwise. */
export class SelectedMailbox {
  readonly accountId: AccountId
  readonly id: MailboxId
  readonly isReadOnly: boolean
  readonly keywords: KnownKeywords
  /** The state of the account that the client has been told up to. */
  modSeq: ModSeq
  #uids: Uid[]
  /** Expunged, but the client does not know yet (RFC 3501 section 7.4.1: not during FETCH, STORE and SEARCH). */
  readonly #gone = new Set<Uid>()

  constructor(options: SelectedMailboxOptions) {
    this.accountId = options.accountId
    this.id = options.id
    this.isReadOnly = options.isReadOnly
    this.modSeq = options.modSeq
    this.keywords = options.keywords
    this.#uids = options.uids
  }

  get uids(): readonly Uid[] {
    return this.#uids
  }
  get hasGone(): boolean {
    return this.#gone.size > 0
  }
  get highestUid(): number {
    return this.#uids.at(-1) ?? 0
  }

  isGone(uid: Uid): boolean {
    return this.#gone.has(uid)
  }

  /** Message number, or 0 when the client does not know the UID. */
  numberOf(uid: Uid): number {
    let low = 0
    let high = this.#uids.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.#uids[middle] ?? 0
      if (found === uid) return middle + 1
      if (found < uid) low = middle + 1
      else high = middle - 1
    }
    return 0
  }

  /** Ascending, all above `highestUid`. */
  add(uids: readonly Uid[]): void {
    for (const uid of uids) this.#uids.push(uid)
  }

  markGone(uids: readonly Uid[]): void {
    for (const uid of uids) if (this.numberOf(uid) > 0) this.#gone.add(uid)
  }

  /** Forgets what is gone; answers the numbers for the EXPUNGE responses, each counted after the ones before it. */
  takeGone(): number[] {
    const numbers: number[] = []
    const left: Uid[] = []
    for (const [index, uid] of this.#uids.entries()) {
      if (this.#gone.has(uid)) numbers.push(index + 1 - numbers.length)
      else left.push(uid)
    }
    this.#uids = left
    this.#gone.clear()
    return numbers
  }
}
