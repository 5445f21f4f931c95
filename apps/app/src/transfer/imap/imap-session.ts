import type { ImapFlow } from 'imapflow'

import { SourceLost } from '../mail-item.ts'
import { TransferRefusal } from '../transfer-refusal.ts'
import { connectImap, failureText, type ImapServer } from './imap-connection.ts'

/** Connections lost one after the other without any message in between. */
const maxLosses = 30

/** A mailbox that is open for reading on the other server, over one connection after another: servers end them, some at a message they cannot read. */
export class ImapSession implements AsyncDisposable {
  readonly #server: ImapServer
  #flow: ImapFlow
  #opened: { readonly path: string; readonly uidValidity: bigint } | undefined
  #losses = 0

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

  /** @throws SourceLost; Error in the words of the server */
  async ask<T>(work: (flow: ImapFlow) => Promise<T>): Promise<T> {
    const flow = await this.#usable()
    try {
      return await work(flow)
    } catch (error) {
      throw this.#failure(flow, error)
    }
  }

  /** Each answer is waited for until it is taken. @throws SourceLost; Error in the words of the server */
  async *stream<T>(work: (flow: ImapFlow) => AsyncIterable<T>): AsyncGenerator<T> {
    const flow = await this.#usable()
    try {
      for await (const answer of work(flow)) {
        this.#losses = 0
        yield answer
      }
    } catch (error) {
      throw this.#failure(flow, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#flow.usable) await this.#flow.logout()
    else this.#flow.close()
  }

  async #usable(): Promise<ImapFlow> {
    if (this.#flow.usable) return this.#flow
    const opened = this.#opened
    try {
      this.#flow = await connectImap(this.#server)
      if (opened === undefined) return this.#flow
      const { uidValidity } = await this.#flow.mailboxOpen(opened.path, { readOnly: true })
      if (uidValidity === opened.uidValidity) return this.#flow
    } catch (cause) {
      const reason = cause instanceof TransferRefusal ? cause.message : failureText(cause)
      throw new SourceLost(`the connection to the other server was lost: ${reason}`, { cause })
    }
    throw new SourceLost(`${opened.path} was made anew on the other server`)
  }

  #failure(flow: ImapFlow, cause: unknown): Error {
    if (flow.usable) return new Error(failureText(cause), { cause })
    this.#losses += 1
    const text = `the other server ended the connection: ${failureText(cause)}`
    return this.#losses > maxLosses ? new SourceLost(text, { cause }) : new Error(text, { cause })
  }
}
