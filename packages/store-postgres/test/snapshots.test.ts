import { openPostgresStore } from '@gatepost/store-postgres'
import { PostgresServer } from '@gatepost/testkit'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { openFixture, TestDatabases } from './postgres-fixture.ts'

const databases = new TestDatabases()

beforeEach((context) => PostgresServer.require(context))
afterAll(() => databases[Symbol.asyncDispose]())

async function rejection(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}

describe('snapshots', () => {
  it('end by themselves, and give their connection back', async () => {
    await using fixture = await openFixture(databases, { maxSnapshotMs: 100, maxConnections: 1 })
    const { id } = await fixture.directory.addAccount('me@example.test', { hash: '' })
    const error = await fixture.mail.read(id, async ({ mailboxes }) => {
      for (;;) {
        const ended = await rejection(() => mailboxes.list())
        if (ended !== undefined) return ended
      }
    })
    expect(error).toMatchObject({ kind: 'busy', code: 'store.snapshotEnded' })
    // On a slow machine this one ends by itself as well.
    while ((await rejection(() => fixture.mail.read(id, ({ state }) => state))) !== undefined);
  })

  it('wait for a connection no longer than they may', async () => {
    await using fixture = await openFixture(databases)
    const { id } = await fixture.directory.addAccount('me@example.test', { hash: '' })
    const { connection } = fixture
    await using narrow = await openPostgresStore({ connection, maxMs: 2_000, maxConnections: 1 })
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = narrow.mail.read(id, () => promise)
    await expect(narrow.mail.read(id, ({ state }) => state)).rejects.toMatchObject({
      code: 'store.busy',
    })
    resolve()
    await first
  })

  it('that PostgreSQL ends are busy, and the next has a new connection', async () => {
    await using fixture = await openFixture(databases)
    const { id } = await fixture.directory.addAccount('me@example.test', { hash: '' })
    const error = await fixture.mail.read(id, async ({ mailboxes }) => {
      await fixture.client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
      return rejection(() => mailboxes.list())
    })
    expect(error).toMatchObject({ kind: 'busy', code: 'store.busy' })
    await expect(fixture.mail.read(id, ({ state }) => state)).resolves.toBeGreaterThan(0)
  })
})
