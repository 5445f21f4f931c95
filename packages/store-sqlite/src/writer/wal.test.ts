import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { openDatabase } from '../database.ts'
import { Sql } from '../sql.ts'
import { runCheckpoint } from './checkpoints.ts'
import { maxOwnFrames, Wal } from './wal.ts'

interface Bench extends Disposable {
  readonly wal: Wal
  /** How often a checkpoint was asked for. */
  asked(): number
  /** So many pages in a commit of their own, and looks. */
  commit(pages: number): void
  /** By another thread, as far as it gets. */
  checkpoint(): void
  /** The same, while so many pages come. */
  checkpointDuring(pages: number): void
  /** A transaction that holds the log; ends it. */
  read(): () => void
  state(): { readonly log: number; readonly checkpointed: number }
}

function open(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-wal-'))
  const path = join(folder, 'test.sqlite')
  const sql = new Sql(openDatabase(path, 'write'))
  const other = openDatabase(path, 'write')
  const reader = openDatabase(path, 'read')
  sql.db.exec('CREATE TABLE page (bytes BLOB)')
  let asked = 0
  const read = (): (() => void) => {
    reader.exec('BEGIN; SELECT count(*) FROM page')
    return () => reader.exec('COMMIT')
  }
  const wal = new Wal(sql, () => (asked += 1))
  const commit = (pages: number): void => {
    sql.db.exec('BEGIN IMMEDIATE')
    for (let at = 0; at < pages; at += 1) sql.run('INSERT INTO page VALUES (zeroblob(3500))')
    sql.db.exec('COMMIT')
    wal.noteCommit()
  }
  return {
    wal,
    asked: () => asked,
    commit,
    checkpoint: () => runCheckpoint(other),
    checkpointDuring: (pages) => {
      const end = read()
      commit(pages)
      runCheckpoint(other)
      end()
    },
    read,
    state: () => sql.get('PRAGMA wal_checkpoint(NOOP)') ?? { log: -1, checkpointed: -1 },
    [Symbol.dispose]: () => {
      for (const db of [sql.db, other, reader]) db.close()
      rmSync(folder, { recursive: true })
    },
  }
}

it('is copied by another thread, which is asked once: no commit copies it', () => {
  using bench = open()
  for (let at = 0; at < 12; at += 1) bench.commit(1_000)
  expect(bench.asked()).toBe(1)
  expect(bench.state().checkpointed).toBe(0)
  expect(bench.state().log).toBeGreaterThan(12_000)
})

it('begins anew when the writer has copied the few frames that came meanwhile', () => {
  using bench = open()
  bench.commit(5_000)
  bench.checkpointDuring(maxOwnFrames - 100)
  expect(bench.state().log).toBeGreaterThan(bench.state().checkpointed)
  bench.wal.noteCheckpoint()
  expect(bench.state().log).toBe(bench.state().checkpointed)
  bench.commit(1)
  expect(bench.state().log).toBeLessThan(10)
  expect(bench.asked()).toBe(1)
})

it('is copied once more by the other thread when many came meanwhile', () => {
  using bench = open()
  bench.commit(5_000)
  bench.checkpointDuring(1_000)
  bench.wal.noteCheckpoint()
  expect(bench.asked()).toBe(2)
  expect(bench.state().log - bench.state().checkpointed).toBeGreaterThan(999)
})

it('of which a reader holds all that is left is not asked for again and again', () => {
  using bench = open()
  const end = bench.read()
  bench.commit(5_000)
  bench.checkpoint()
  bench.wal.noteCheckpoint()
  for (let at = 0; at < 3; at += 1) bench.commit(1_000)
  expect(bench.asked()).toBe(1)
  bench.commit(1_100)
  expect(bench.asked()).toBe(2)
  end()
  bench.checkpoint()
  bench.wal.noteCheckpoint()
  bench.commit(1)
  expect(bench.state().log).toBeLessThan(10)
})

it('that grows since readers take turns at holding it is tried at each commit', () => {
  using bench = open()
  bench.commit(17_000)
  const end = bench.read()
  bench.checkpoint()
  bench.wal.noteCheckpoint()
  // It goes on behind what the reader holds.
  bench.commit(20)
  end()
  bench.commit(20)
  bench.commit(1)
  expect(bench.state().log).toBeLessThan(10)
})
