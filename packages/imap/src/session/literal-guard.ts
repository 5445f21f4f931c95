import type { AccountId, DataMemory, DataShare, NewContent } from '@gatepost/core'
import { spoolAfterBytes, type Spool, type SpoolFile } from '@gatepost/spool'

import type { Frame } from '../grammar/command-framer.ts'
import { readName } from '../grammar/parse-command.ts'
import type { ImapLimits } from '../server/imap-limits.ts'
import { no, type Completion } from './imap-reply.ts'
import type { SessionPorts } from './session-ports.ts'

export type LiteralDecision =
  | { readonly kind: 'accept' }
  /** Into a file; `marker` stands for it among the literals of the command. */
  | { readonly kind: 'spool'; readonly marker: Buffer }
  | { readonly kind: 'refuse'; readonly completion: Completion }
  /** The client sends it without waiting, and there is more of it than anyone should have to skip (RFC 7888 section 4). */
  | { readonly kind: 'hopeless' }

const accept: LiteralDecision = { kind: 'accept' }
const busy: LiteralDecision = {
  kind: 'refuse',
  completion: no('Server is busy, try again', 'UNAVAILABLE'),
}
/** Of a message that goes into a file: read ahead, and not yet taken by the disk. */
const spoolingBytes = 524_288

/** Bounds what the literals of one command may take, before any memory is given to them. */
export class LiteralGuard {
  readonly #limits: ImapLimits
  readonly #memory: DataMemory
  #smallBytes = 0
  readonly #spool: Spool | undefined
  /** By their markers. */
  readonly #files = new Map<Uint8Array, SpoolFile>()
  #filling: SpoolFile | undefined
  #share: DataShare | undefined
  #isReceiving = false

  constructor({ limits, memory, spool }: Pick<SessionPorts, 'limits' | 'memory' | 'spool'>) {
    this.#limits = limits
    this.#memory = memory
    this.#spool = spool
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
    this.#isReceiving = decision.kind === 'accept' || decision.kind === 'spool'
    const skipsAtMost = isLoggedIn ? this.#limits.maxMessageBytes : this.#limits.maxLiteralBytes
    return decision.kind === 'refuse' && !isSynchronising && sizeBytes > skipsAtMost
      ? { kind: 'hopeless' }
      : decision
  }

  /** A piece of the literal that was decided to go into a file. Resolves when there may be more; what fails is told by `contentOf`. */
  async came(piece: Uint8Array): Promise<void> {
    const file = this.#filling
    file?.write(piece)
    if (file?.isBehind === true) await file.written().catch(() => undefined)
  }

  /** What a literal of the command, or its marker, stands for. @throws MailError busy `spool.full` */
  async contentOf(literal: Uint8Array): Promise<NewContent> {
    const file = this.#files.get(literal)
    if (file === undefined) return literal
    await file.written()
    return file.content([], 0)
  }

  /** The command is over. */
  async release(): Promise<void> {
    this.#share?.leave()
    this.#share = undefined
    this.#smallBytes = 0
    this.#isReceiving = false
    this.#filling = undefined
    const files = [...this.#files.values()]
    this.#files.clear()
    for (const file of files) await file[Symbol.asyncDispose]()
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
    const spool = sizeBytes > spoolAfterBytes ? this.#spool : undefined
    if (this.#share.take(spool === undefined ? sizeBytes : spoolingBytes) !== undefined) return busy
    return spool === undefined ? accept : this.#begin(spool.begin(account), sizeBytes)
  }

  #begin(file: SpoolFile, sizeBytes: number): LiteralDecision {
    const marker = Buffer.alloc(1)
    this.#files.set(marker, file)
    if (file.reserve(sizeBytes) !== undefined) return busy
    this.#filling = file
    return { kind: 'spool', marker }
  }
}
