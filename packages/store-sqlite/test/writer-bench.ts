import { join } from 'node:path'

import { type SqliteStore, verifyStore } from '@gatepost/store-sqlite'
import { expect } from 'vitest'

import { openDatabase } from '../src/database.ts'
import { Sql } from '../src/sql.ts'
import type { WriterJob, WriterOutcome } from '../src/writer/protocol.ts'
import { WriterLoop } from '../src/writer/writer-loop.ts'
import { makeFolder, openIn } from './open-fixture.ts'

export const now = 1_700_000_000_000
/** A turn begins nothing after 2,000 statements; what is begun then ends: one slice of 2,000 and 32 emails, or one list of ops. */
export const maxStatementsPerTurn = 5_000

/** The writer alone, on the thread of the test, over a store that has been filled. */
export interface WriterBench extends AsyncDisposable {
  readonly folder: string
  readonly loop: WriterLoop
  readonly sql: Sql
  /** Statements of each transaction. */
  readonly turns: number[]
  /** Ids of what is answered, in order. */
  readonly answered: number[]
  run(job: WriterJob): Promise<WriterOutcome>
}

/** The store is verified in the end. */
export async function openWriterBench<Filled extends object>(
  fill: (store: SqliteStore) => Promise<Filled>,
): Promise<WriterBench & Filled> {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(makeFolder())
  const filled = await (async () => {
    await using store = await openIn(folder.path)
    return await fill(store)
  })()
  const sql = new Sql(openDatabase(join(folder.path, 'gatepost.sqlite'), 'write'))
  const turns: number[] = []
  const exec = sql.db.exec.bind(sql.db)
  let begun = 0
  sql.db.exec = (text) => {
    if (text.startsWith('BEGIN')) begun = sql.spent
    else if (text === 'COMMIT') turns.push(sql.spent - begun)
    exec(text)
  }
  const waiting = new Map<number, (outcome: WriterOutcome) => void>()
  const answered: number[] = []
  const loop = new WriterLoop(sql, { now: () => now }, ({ outcomes }) => {
    for (const outcome of outcomes) {
      answered.push(outcome.id)
      waiting.get(outcome.id)?.(outcome)
    }
  })
  let lastId = 0
  const moved = resources.move()
  return {
    ...filled,
    folder: folder.path,
    loop,
    sql,
    turns,
    answered,
    run: (job) => {
      lastId += 1
      const id = lastId
      loop.push({ id, now, job })
      return new Promise((resolve) => waiting.set(id, resolve))
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => loop.whenIdle(resolve))
      const notes = sql.all('SELECT 1 FROM unfinished_copy')
      sql.close()
      const { problems } = await verifyStore({ dataFolder: folder.path })
      await moved.disposeAsync()
      expect(notes).toEqual([])
      if (problems.length > 0) throw new Error(`the store is wrong: ${JSON.stringify(problems)}`)
    },
  }
}
