import type { ServerResponse } from 'node:http'

import type { AccountId, ChangeFeed, MailStore, ModSeq } from '@gatepost/core'

import { changedTypes } from './changed-types.ts'
import type { PushQuery } from './push-query.ts'

export interface EventStreamOptions {
  readonly response: ServerResponse
  readonly account: AccountId
  readonly query: PushQuery
  readonly store: Pick<MailStore, 'read'>
  readonly changes: ChangeFeed
  readonly pushDelayMs: number
  readonly onFailure: (error: unknown) => void
}

/** A client that does not read what it is sent is let go. */
const maxBuffered = 65_536

/** One push channel (RFC 8620 section 7.3). Ends with its response; `close` ends both. */
export class EventStream {
  readonly #options: EventStreamOptions
  readonly #unsubscribe: () => void
  readonly #ping: NodeJS.Timeout | undefined
  #told: ModSeq
  #waiting: NodeJS.Timeout | undefined

  constructor(options: EventStreamOptions) {
    this.#options = options
    const { account, changes, store, query, response } = options
    // Subscribed first: a change between the two is told twice at worst.
    this.#unsubscribe = changes.subscribe(account, () => this.#wake())
    this.#told = store.read(account, (reader) => reader.state)
    const { pingSeconds } = query
    if (pingSeconds > 0) {
      this.#ping = setInterval(
        () => this.#send('ping', { interval: pingSeconds }),
        pingSeconds * 1000,
      ).unref()
    }
    response.once('close', () => this.#release())
    response.on('error', () => this.#release())
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
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

  /** Changes that come close together are one event. */
  #wake(): void {
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined
      try {
        this.#tell()
      } catch (error) {
        this.#options.onFailure(error)
        this.close()
      }
    }, this.#options.pushDelayMs)
  }

  #tell(): void {
    const { account, query, store } = this.#options
    const { state, changed } = store.read(account, (reader) => ({
      state: reader.state,
      changed: reader.state === this.#told ? undefined : changedTypes(reader, this.#told),
    }))
    if (changed === undefined) return
    this.#told = state
    const types = query.types.filter((type) => changed.has(type))
    if (types.length === 0) return
    this.#send('state', {
      '@type': 'StateChange',
      changed: { [account]: Object.fromEntries(types.map((type) => [type, String(state)])) },
    })
    if (query.closesAfterState) this.close()
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
    this.#unsubscribe()
    clearInterval(this.#ping)
    clearTimeout(this.#waiting)
  }
}
