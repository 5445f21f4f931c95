import type { MemoryBudget } from '@gatepost/core'

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
  readonly #budget: MemoryBudget
  #smallBytes = 0
  #reservedBytes = 0
  #isReceiving = false

  constructor(limits: ImapLimits, budget: MemoryBudget) {
    this.#limits = limits
    this.#budget = budget
  }

  get isReceiving(): boolean {
    return this.#isReceiving
  }

  decide(
    { line, sizeBytes, isSynchronising }: Extract<Frame, { kind: 'literal' }>,
    isLoggedIn: boolean,
  ): LiteralDecision {
    const decision = this.#judge(line, sizeBytes, isLoggedIn)
    this.#isReceiving = decision.kind === 'accept'
    const skipsAtMost = isLoggedIn ? this.#limits.maxMessageBytes : this.#limits.maxLiteralBytes
    return decision.kind === 'refuse' && !isSynchronising && sizeBytes > skipsAtMost
      ? { kind: 'hopeless' }
      : decision
  }

  /** The command is over. */
  release(): void {
    this.#budget.give(this.#reservedBytes)
    this.#reservedBytes = 0
    this.#smallBytes = 0
    this.#isReceiving = false
  }

  #judge(line: string, sizeBytes: number, isLoggedIn: boolean): LiteralDecision {
    const { maxLiteralBytes, maxLiteralBytesBeforeLogin, maxMessageBytes } = this.#limits
    const maxSmall = isLoggedIn ? maxLiteralBytes : maxLiteralBytesBeforeLogin
    if (this.#smallBytes + sizeBytes <= maxSmall) {
      this.#smallBytes += sizeBytes
      return accept
    }
    if (!isLoggedIn || readName(line) !== 'APPEND' || sizeBytes > maxMessageBytes)
      return { kind: 'refuse', completion: no('Literal too large', 'TOOBIG') }
    if (!this.#budget.take(sizeBytes))
      return { kind: 'refuse', completion: no('Server is busy, try again', 'UNAVAILABLE') }
    this.#reservedBytes += sizeBytes
    return accept
  }
}
