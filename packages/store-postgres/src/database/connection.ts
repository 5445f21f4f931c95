import type pg from 'pg'

import type { Statement } from './statement.ts'

export type Parameter = number | string | boolean | null | Uint8Array | readonly unknown[]

export type OnStatement = (name: string) => void

/** A connection of the pool for one transaction. What is asked without waiting shares a round trip (pipeline mode): answers come in the order asked. */
export class Connection {
  readonly #client: pg.ClientBase
  readonly #onStatement: OnStatement | undefined

  constructor(client: pg.ClientBase, onStatement: OnStatement | undefined) {
    this.#client = client
    this.#onStatement = onStatement
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the row's shape stands beside the statement
  async rows<Row extends object>(
    { name, text }: Statement,
    ...values: readonly Parameter[]
  ): Promise<Row[]> {
    this.#onStatement?.(name)
    const { rows } = await this.#client.query<Row>({ name, text, values: [...values] })
    return rows
  }

  async command(
    text: 'BEGIN' | 'COMMIT' | 'ROLLBACK' | 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
  ): Promise<void> {
    await this.#client.query(text)
  }
}
