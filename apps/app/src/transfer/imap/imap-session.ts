import type { ImapFlow } from 'imapflow'

import { SourceLost } from '../mail-item.ts'
import { TransferRefusal } from '../transfer-refusal.ts'
import { AnswerOverdue, AnswerWatch } from './answer-watch.ts'
import { answerLimit, connectImap, failureText, type ImapServer } from './imap-connection.ts'

/** Connections lost one after the other without any message in between. */
const maxLosses = 30
/** Of those, the ones that ended at the limit of an answer: each may have taken minutes. */
const maxOverdue = 5
/** Of an answer that has no message in it: numbers of millions of messages, or what is known of a thousand. */
const maxAnswerBytes = 67_108_864
/** A connection that is slower is none. */
const slowestBytesPerMs = 4
const logoutMs = 5_000

/** A mailbox that is open for reading on the other server, over one connection after another: servers end them, some at a message they cannot read. */
export class ImapSession implements AsyncDisposable {
  readonly #server: ImapServer
  #flow: ImapFlow
  #opened: { readonly path: string; readonly uidValidity: bigint } | undefined
  #losses = 0
  #overdue = 0

  private constructor(server: ImapServer, flow: ImapFlow) {
    this.#server = server
    this.#flow = flow
  }

  /** @throws TransferRefusal */
  static async open(server: ImapServer): Promise<ImapSession> {
    return new ImapSession(server, await connectImap(server))
  }

  /** Its UIDVALIDITY. @throws SourceLost; Error in the words of the server */
  async select(path: string): Promise<bigint> {
    this.#opened = undefined
    const { uidValidity } = await this.ask((flow) => flow.mailboxOpen(path, { readOnly: true }))
    this.#opened = { path, uidValidity }
    return uidValidity
  }

  /** `limit`: instead of the usual one. @throws SourceLost; Error in the words of the server */
  async ask<T>(
    work: (flow: ImapFlow) => Promise<T>,
    limit: { readonly bytes: number; readonly times?: number } = { bytes: maxAnswerBytes },
  ): Promise<T> {
    const flow = await this.#usable()
    using watch = new AnswerWatch(flow, answerLimit(this.#server, limit))
    try {
      return await watch.waitFor(work(flow))
    } catch (error) {
      throw this.#failure(flow, error)
    }
  }

  /** Each answer is waited for until it is taken. `bytes`: of all of them together. @throws SourceLost; Error in the words of the server */
  async *stream<T>(
    bytes: number,
    work: (flow: ImapFlow) => AsyncIterable<T>,
  ): AsyncGenerator<T, undefined> {
    const flow = await this.#usable()
    const limit = answerLimit(this.#server, { bytes: maxAnswerBytes + 2 * bytes })
    using watch = new AnswerWatch(flow, { ...limit, ms: limit.ms + bytes / slowestBytesPerMs })
    try {
      const answers = work(flow)[Symbol.asyncIterator]()
      for (;;) {
        const answer = await watch.waitFor(answers.next())
        if (answer.done === true) return
        yield answer.value
      }
    } catch (error) {
      throw this.#failure(flow, error)
    }
  }

  /** A message has come: whatever was lost before it, the server goes on. */
  progressed(): void {
    this.#losses = 0
    this.#overdue = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const flow = this.#flow
    if (!flow.usable) {
      flow.close()
      return
    }
    using watch = new AnswerWatch(flow, {
      bytes: maxAnswerBytes,
      ms: logoutMs,
      silenceMs: logoutMs,
    })
    // Everything has been read: how the server takes leave changes nothing.
    await watch.waitFor(flow.logout()).catch(() => flow.close())
  }

  async #usable(): Promise<ImapFlow> {
    if (this.#flow.usable) return this.#flow
    const opened = this.#opened
    try {
      this.#flow = await connectImap(this.#server)
      if (opened === undefined) return this.#flow
      using watch = new AnswerWatch(
        this.#flow,
        answerLimit(this.#server, { bytes: maxAnswerBytes }),
      )
      const { uidValidity } = await watch.waitFor(
        this.#flow.mailboxOpen(opened.path, { readOnly: true }),
      )
      if (uidValidity === opened.uidValidity) return this.#flow
    } catch (cause) {
      const reason = cause instanceof TransferRefusal ? cause.message : failureText(cause)
      throw new SourceLost(`the connection to the other server was lost: ${reason}`, { cause })
    }
    throw new SourceLost(`${opened.path} was made anew on the other server`)
  }

  #failure(flow: ImapFlow, cause: unknown): Error {
    if (flow.usable) return new Error(failureText(cause), { cause })
    const isOverdue = cause instanceof AnswerOverdue
    this.#losses += 1
    if (isOverdue) this.#overdue += 1
    const text = isOverdue
      ? `the other server was left: ${cause.message}`
      : `the other server ended the connection: ${failureText(cause)}`
    return this.#losses > maxLosses || this.#overdue >= maxOverdue
      ? new SourceLost(text, { cause })
      : new Error(text, { cause })
  }
}
