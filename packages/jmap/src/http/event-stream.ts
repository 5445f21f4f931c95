import type { ServerResponse } from 'node:http'

import type { ChangeFeed, Directory, MailStore } from '@gatepost/core'

import type { ServedAccount } from '../account-access.ts'
import { AccountsWatch } from './accounts-watch.ts'
import type { PushQuery } from './push-query.ts'

export interface EventStreamOptions {
  readonly response: ServerResponse
  /** Their own first. */
  readonly accounts: readonly ServedAccount[]
  readonly query: PushQuery
  readonly store: Pick<MailStore, 'read'>
  readonly changes: Pick<ChangeFeed, 'subscribe' | 'watch'>
  readonly pushDelayMs: number
  readonly addressesDelayMs: number
  readonly directory: Pick<Directory, 'addressesOf'>
  readonly onFailure: (error: unknown) => void
}

/** A client that does not read what it is sent is let go. */
const maxBuffered = 65_536

/** One push channel (RFC 8620 section 7.3). Ends with its response; `close` ends both. */
export class EventStream {
  readonly #options: EventStreamOptions
  #watch: AccountsWatch | undefined
  #ping: NodeJS.Timeout | undefined
  #isOver = false

  constructor(options: EventStreamOptions) {
    this.#options = options
    options.response.once('close', () => this.#release())
    options.response.on('error', () => this.#release())
  }

  /** Fulfils when the client is told that it listens: of every change from then on. @throws MailError notFound `account.notFound` */
  async start(): Promise<void> {
    const { query, response, pushDelayMs, onFailure } = this.#options
    const watch = await AccountsWatch.start({
      ...this.#options,
      types: query.types,
      delayMs: pushDelayMs,
      onChange: ({ body }) => {
        this.#send('state', body)
        if (query.closesAfterState) this.close()
      },
      onFailure: (error) => {
        onFailure(error)
        this.close()
      },
    })
    if (this.#isOver) {
      watch.stop()
      return
    }
    this.#watch = watch
    const { pingSeconds } = query
    if (pingSeconds > 0) {
      this.#ping = setInterval(
        () => this.#send('ping', { interval: pingSeconds }),
        pingSeconds * 1000,
      ).unref()
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx keeps events back otherwise.
      'x-accel-buffering': 'no',
    })
    // So that the client knows that it listens.
    response.write(': listening\n\n')
  }

  close(): void {
    this.#release()
    this.#options.response.end()
  }

  #send(event: 'state' | 'ping', data: object): void {
    const { response } = this.#options
    if (response.writableLength > maxBuffered) {
      response.destroy()
      return
    }
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #release(): void {
    this.#isOver = true
    this.#watch?.stop()
    clearInterval(this.#ping)
  }
}
