import type { AccountId, DataMemory, DataShare } from '@gatepost/core'

import type { Frame } from '../grammar/command-framer.ts'
import { readName } from '../grammar/parse-command.ts'
import type { ImapLimits } from '../server/imap-limits.ts'
import { no, type Completion } from './imap-reply.ts'

export type LiteralDecision =
  | { readonly kind: 'accept' }
  | { readonly kind: 'refuse'; readonly completion: Completion }
  /** The client sends it without waiting, and there is more of it than anyone should have to skip (RFC 7888 section 4). */
  | { readonly kind: 'hopeless' }

const accept: LiteralDecision = { kind: 'accept' }

/** Bounds what the literals of one command may take, before any memory is given to them. */
export class LiteralGuard {
  readonly #limits: ImapLimits
  readonly #memory: DataMemory
  #smallBytes = 0
  #share: DataShare | undefined
  #isReceiving = false

  constructor(limits: ImapLimits, memory: DataMemory) {
    this.#limits = limits
    this.#memory = memory
  }

  get isReceiving(): boolean {
    return this.#isReceiving
  }

  decide(
    { line, sizeBytes, isSynchronising }: Extract<Frame, { kind: 'literal' }>,
    account: AccountId | undefined,
  ): LiteralDecision {
    const isLoggedIn = account !== undefined
    const decision = this.#judge(line, sizeBytes, account)
    this.#isReceiving = decision.kind === 'accept'
    const skipsAtMost = isLoggedIn ? this.#limits.maxMessageBytes : this.#limits.maxLiteralBytes
    return decision.kind === 'refuse' && !isSynchronising && sizeBytes > skipsAtMost
      ? { kind: 'hopeless' }
      : decision
  }

  /** The command is over. */
  release(): void {
    this.#share?.leave()
    this.#share = undefined
    this.#smallBytes = 0
    this.#isReceiving = false
  }

  #judge(line: string, sizeBytes: number, account: AccountId | undefined): LiteralDecision {
    const { maxLiteralBytes, maxLiteralBytesBeforeLogin, maxMessageBytes } = this.#limits
    const maxSmall = account !== undefined ? maxLiteralBytes : maxLiteralBytesBeforeLogin
    if (this.#smallBytes + sizeBytes <= maxSmall) {
      this.#smallBytes += sizeBytes
      return accept
    }
    if (account === undefined || readName(line) !== 'APPEND' || sizeBytes > maxMessageBytes)
      return { kind: 'refuse', completion: no('Literal too large', 'TOOBIG') }
    // Its own sessions wait for each other, and nobody else for them.
    this.#share ??= this.#memory.enter(account)
    if (this.#share.take(sizeBytes) !== undefined)
      return { kind: 'refuse', completion: no('Server is busy, try again', 'UNAVAILABLE') }
    return accept
  }
}
