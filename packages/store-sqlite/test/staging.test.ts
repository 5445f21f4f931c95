import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { AccountId, DeliveryResult } from '@gatepost/core'
import { prepareMessage } from '@gatepost/store-model'
import { type SqliteStore, verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { openDatabase } from '../src/database.ts'
import { Sql } from '../src/sql.ts'
import type { WriterReport, WriterRequest } from '../src/writer/protocol.ts'
import { WriterLoop } from '../src/writer/writer-loop.ts'
import { makeFolder, openIn } from './open-fixture.ts'

const now = 1_700_000_000_000
const hourMs = 3_600_000

function large(): Buffer {
  return Buffer.concat([Buffer.from('Subject: large findable\r\n\r\n'), randomBytes(6_000_000)])
}

function blobsIn(folder: string): { hashes: string[]; chunks: number } {
  const db = new DatabaseSync(join(folder, 'gatepost.sqlite'), { readOnly: true })
  try {
    const hashes = db.prepare('SELECT hash FROM blob ORDER BY id').all() as { hash: string }[]
    const chunks = db.prepare('SELECT count(*) AS count FROM blob_chunk').get()?.['count']
    return { hashes: hashes.map(({ hash }) => hash), chunks: Number(chunks) }
  } finally {
    db.close()
  }
}

function deliver(store: SqliteStore, account: AccountId, content: Buffer): Promise<DeliveryResult> {
  const local = [{ accountId: account, role: 'inbox', keywords: [] } as const]
  return store.mail.deliver({ content, receivedAt: 1, local })
}

/** Until nothing staged is left: the writer removes it after it has answered. */
async function settled(store: SqliteStore, folder: string): Promise<void> {
  while (blobsIn(folder).hashes.some((hash) => hash.startsWith('staging:'))) await store.maintain()
}

describe('large content', () => {
  it('is written in steps, and what comes meanwhile goes between them: 35 MB held others up for a third of a second', async () => {
    using folder = makeFolder()
    const account = await (async () => {
      await using store = await openIn(folder.path)
      return (await store.directory.addAccount('me@example.test', { hash: 'hash' })).id
    })()
    const sql = new Sql(openDatabase(join(folder.path, 'gatepost.sqlite'), 'write'))
    const answered: number[] = []
    const request = (id: number, content: Buffer): WriterRequest => {
      const local = [{ accountId: account, role: 'inbox', keywords: [] } as const]
      return {
        id,
        now,
        job: { kind: 'deliver', delivery: { content, receivedAt: 1, local } },
        prepared: { kind: 'deliver', message: prepareMessage(content) },
      }
    }
    const done = Promise.withResolvers<void>()
    const loop = new WriterLoop(sql, { now: () => now }, ({ outcomes }: WriterReport) => {
      for (const { id } of outcomes) {
        answered.push(id)
        // One after the other, as one sender does.
        if (id < 4) loop.push(request(id + 1, Buffer.from(`Subject: ${id}\r\n\r\n`)))
        if (id === 99) done.resolve()
      }
    })
    loop.push(request(99, large()))
    loop.push(request(1, Buffer.from('Subject: small\r\n\r\n')))
    await done.promise
    expect(answered).toEqual([1, 2, 3, 4, 99])
    sql.close()
  })

  it('is found by a search although emails of later blobs were indexed before it', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path)
    const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
    await Promise.all([
      deliver(store, id, large()),
      ...Array.from({ length: 20 }, (_, at) =>
        deliver(store, id, Buffer.from(`Subject: small findable ${at}\r\n\r\n`)),
      ),
    ])
    const { ids } = await store.mail.search(id, {
      where: { kind: 'text', contains: 'findable' },
      window: { position: 0, limit: 99 },
    })
    expect(ids).toHaveLength(21)
    const problems = (await verifyStore({ dataFolder: folder.path, isDeep: true })).problems
    expect(problems).toEqual([])
  })

  it('that comes twice at once is there once, and its other copy goes', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path)
    const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
    const content = large()
    const results = await Promise.all([deliver(store, id, content), deliver(store, id, content)])
    for (const { local } of results) expect(local).toMatchObject([{ kind: 'delivered' }])
    await settled(store, folder.path)
    expect(blobsIn(folder.path)).toEqual({ hashes: [expect.any(String)], chunks: 23 })
    expect((await verifyStore({ dataFolder: folder.path, isDeep: true })).problems).toEqual([])
  })

  it('that is refused leaves nothing', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path)
    const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
    const add = {
      op: 'addEmail',
      content: large(),
      mailboxIds: ['m9999' as never],
      keywords: [],
      receivedAt: 1,
    } as const
    await expect(store.mail.transact(id, [add])).rejects.toMatchObject({
      code: 'mailbox.notFound',
    })
    await settled(store, folder.path)
    expect(blobsIn(folder.path)).toEqual({ hashes: [], chunks: 0 })
  })

  it('for which nobody has room is not written first', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path, { maxPages: 200 })
    const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
    await store.directory.setQuota('me@example.test', { bytes: 1_000_000, emails: 0 })
    const { local } = await deliver(store, id, large())
    expect(local).toEqual([{ kind: 'refused', code: 'quota.exceeded' }])
    expect(store.health().isWritable).toBe(true)
  })

  it('for which the disk has no room is refused, and goes', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path, { maxPages: 800 })
    const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
    await expect(deliver(store, id, large())).rejects.toMatchObject({ code: 'store.busy' })
    await settled(store, folder.path)
    expect(blobsIn(folder.path)).toEqual({ hashes: [], chunks: 0 })
    await deliver(store, id, Buffer.from('Subject: small\r\n\r\n'))
    expect(store.health()).toEqual({ isWritable: true, lastError: null })
  })
})

describe('what a process has left half written', () => {
  it('is no problem of the store, stays while it may be at work, and is removed after an hour', async () => {
    using folder = makeFolder()
    await (await openIn(folder.path))[Symbol.asyncDispose]()
    // The writer's thread goes by the clock of the system.
    leave(folder.path, [`staging:${Date.now()}:a`, `staging:${Date.now() - 2 * hourMs}:b`])
    await using store = await openIn(folder.path)
    expect((await verifyStore({ dataFolder: folder.path })).problems).toEqual([])
    while (blobsIn(folder.path).hashes.length > 1) await store.maintain()
    const { hashes, chunks } = blobsIn(folder.path)
    expect(hashes).toEqual([expect.stringMatching(/:a$/)])
    expect(chunks).toBe(20)
  })
})

/** 20 chunks each. */
function leave(folder: string, hashes: readonly string[]): void {
  const db = new DatabaseSync(join(folder, 'gatepost.sqlite'))
  try {
    for (const hash of hashes) {
      const { lastInsertRowid } = db
        .prepare('INSERT INTO blob (hash, size, refs) VALUES (?, 9, 0)')
        .run(hash)
      const insert = db.prepare("INSERT INTO blob_chunk VALUES (? * 4096 + ?, 0, x'00')")
      for (let at = 0; at < 20; at += 1) insert.run(lastInsertRowid, at)
    }
  } finally {
    db.close()
  }
}
