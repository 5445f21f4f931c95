import { storeBusy } from '@gatepost/store-model'
import pg from 'pg'

import { Connection, type OnStatement } from './connection.ts'
import { asStoreError } from './errors.ts'
import { valueParsers } from './value-parsers.ts'

export interface ConnectionsOptions {
  readonly connection: pg.ClientConfig
  /** At once. */
  readonly max: number
  /** How long a caller waits for one, how long a statement takes, and how long a transaction waits for its next statement, at most. */
  readonly maxMs: number
  readonly onStatement?: OnStatement | undefined
}

/** A connection that is given back, or ended where its state is not known. */
export interface Lease {
  readonly connection: Connection
  release(isBroken: boolean): void
}

const maxWaiting = 4_096
const idleMs = 60_000

/** A bounded pool of connections. */
export class Connections implements AsyncDisposable {
  readonly #pool: pg.Pool
  readonly #onStatement: OnStatement | undefined

  constructor({ connection, max, maxMs, onStatement }: ConnectionsOptions) {
    this.#onStatement = onStatement
    this.#pool = new pg.Pool({
      ...connection,
      max,
      pipeline: true,
      types: valueParsers,
      connectionTimeoutMillis: maxMs,
      statement_timeout: maxMs,
      idle_in_transaction_session_timeout: maxMs,
      idleTimeoutMillis: idleMs,
    })
    // Who uses a connection is told by its statements; one that nobody uses is left out of the pool by itself.
    this.#pool.on('connect', (client) => client.on('error', () => {}))
    this.#pool.on('error', () => {})
  }

  /** @throws MailError busy `store.busy` */
  async lease(): Promise<Lease> {
    if (this.#pool.waitingCount >= maxWaiting) throw storeBusy('too many wait for a connection')
    try {
      const client = await this.#pool.connect()
      return {
        connection: new Connection(client, this.#onStatement),
        release: (isBroken) => client.release(isBroken),
      }
    } catch (error) {
      throw asStoreError(error)
    }
  }

  /** Ends when what is in use has been given back. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end()
  }
}
