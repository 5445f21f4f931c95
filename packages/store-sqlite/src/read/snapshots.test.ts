import { DatabaseSync } from 'node:sqlite'

import { afterEach, describe, expect, it } from 'vitest'

import { Sql } from '../sql.ts'
import type { Snapshot } from './snapshot.ts'
import { Snapshots, type SnapshotsOptions } from './snapshots.ts'

const never = 1_000_000

let opened: DatabaseSync[] = []
let resources = new DisposableStack()
afterEach(() => {
  resources.dispose()
  resources = new DisposableStack()
  opened = []
})

function open(): Sql {
  const db = new DatabaseSync(':memory:')
  opened.push(db)
  return new Sql(db)
}

function make(options: Partial<SnapshotsOptions> = {}): Snapshots {
  return resources.use(new Snapshots({ open, maxMs: never, ...options }))
}

interface Held {
  readonly snapshot: Snapshot
  readonly done: Promise<void>
  release(): void
}

/** One that goes on until it is released. */
async function hold(snapshots: Snapshots): Promise<Held> {
  const begun = Promise.withResolvers<Snapshot>()
  const end = Promise.withResolvers<void>()
  const done = snapshots.use(async (snapshot) => {
    begun.resolve(snapshot)
    await end.promise
  })
  done.catch(begun.reject)
  return { snapshot: await begun.promise, done, release: () => end.resolve() }
}

describe('snapshots', () => {
  it('take the connection that is free', async () => {
    const snapshots = make()
    for (let round = 0; round < 20; round += 1)
      await snapshots.use(({ sql }) => sql.get('SELECT 1'))
    await expect(
      snapshots.use(() => {
        throw new Error('from inside')
      }),
    ).rejects.toThrow('from inside')
    await snapshots.use(({ sql }) => sql.get('SELECT 1'))
    expect(opened).toHaveLength(1)
  })

  it('beyond the last connection wait for one, in their order', async () => {
    const snapshots = make({ maxOpen: 2 })
    const [first, second] = [await hold(snapshots), await hold(snapshots)]
    const order: number[] = []
    const waiting = [3, 4, 5].map((number) => snapshots.use(() => order.push(number)))
    first.release()
    await Promise.all(waiting)
    expect(order).toEqual([3, 4, 5])
    second.release()
    await Promise.all([first.done, second.done])
    expect(opened).toHaveLength(2)
  })

  it('that last too long end, and give their connection to who waits', async () => {
    const snapshots = make({ maxOpen: 1, maxMs: 200 })
    const held = await hold(snapshots)
    const next = await hold(snapshots)
    expect(() => held.snapshot.sql).toThrow(
      expect.objectContaining({ code: 'store.snapshotEnded', kind: 'busy' }),
    )
    expect(next.snapshot.sql.get('SELECT 1')).toBeDefined()
    held.release()
    next.release()
    await Promise.all([held.done, next.done])
    expect(opened).toHaveLength(1)
  })

  it('end with the store, and those that wait are told', async () => {
    const snapshots = make({ maxOpen: 1 })
    const held = await hold(snapshots)
    const waiting = snapshots.use(() => undefined)
    snapshots[Symbol.dispose]()
    await expect(waiting).rejects.toMatchObject({ code: 'store.busy' })
    await expect(snapshots.use(() => undefined)).rejects.toMatchObject({ code: 'store.busy' })
    expect(() => held.snapshot.sql).toThrow(
      expect.objectContaining({ code: 'store.snapshotEnded' }),
    )
    held.release()
    await held.done
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false])
  })
})
