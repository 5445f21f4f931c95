import { FairTurns, MailError } from '@gatepost/core'
import { indexMessage, type MimeIndex } from '@gatepost/mime'

import { turnUnits, type RequestBudget } from '../budget/request-budget.ts'
import { IndexThread } from './index-thread.ts'

/** What reading a byte of a message of a thousand empty parts costs, against decoding one. */
const unitsPerByte = 4
/** Up to here it is done in one turn of the event loop; more goes to the thread. */
const maxInlineBytes = turnUnits / unitsPerByte

/** Reads the structure of messages that are not stored as emails: large ones beside the event loop, one at a time, the accounts in turn. */
export class MessageIndexer implements AsyncDisposable {
  readonly #thread = new IndexThread()
  readonly #turns = new FairTurns({ maxConcurrent: 1, maxWaiting: 1024, maxWaitingPerKey: 64 })

  /**
   * Charged. `content` is given away: its bytes come back with the index.
   * @throws BudgetExceeded; MailError busy `index.tooMany` (of this account wait)
   */
  async index(
    content: Buffer<ArrayBuffer>,
    account: string,
    budget: RequestBudget,
  ): Promise<{ index: MimeIndex; content: Buffer<ArrayBuffer> }> {
    budget.charge({ bytes: content.length })
    if (content.length <= maxInlineBytes) {
      await budget.work(content.length * unitsPerByte)
      return { index: indexMessage(content), content }
    }
    return budget.aside(() => this.#inTurn(content, account))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]()
  }

  async #inTurn(
    { buffer, byteOffset, length }: Buffer<ArrayBuffer>,
    account: string,
  ): Promise<{ index: MimeIndex; content: Buffer<ArrayBuffer> }> {
    const hasTurn = await this.#turns.enter({ key: account, isKnown: true })
    if (!hasTurn) throw new MailError('busy', 'index.tooMany', 'Too many messages wait to be read')
    try {
      const { index, bytes } = await this.#thread.read(new Uint8Array(buffer, byteOffset, length))
      return { index, content: Buffer.from(bytes.buffer, byteOffset, length) }
    } finally {
      this.#turns.leave()
    }
  }
}
