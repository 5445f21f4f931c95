import { copyFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { AccountId, EmailCondition, EmailId, MailboxId } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'
import type { SqliteStore } from '@gatepost/store-sqlite'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { openDatabase } from '../src/database.ts'
import type { SearchFound, SearchRequest } from '../src/search/protocol.ts'
import { SearchClock } from '../src/search/search-clock.ts'
import { SearchRunner } from '../src/search/search-runner.ts'
import { TextIndex } from '../src/search/text-index.ts'
import { Sql } from '../src/sql.ts'
import { makeFolder, openIn } from './open-fixture.ts'
import { mailboxOf } from './operate/filled-store.ts'

interface Bench extends AsyncDisposable {
  readonly store: SqliteStore
  readonly account: AccountId
  readonly inbox: MailboxId
  readonly sql: Sql
  readonly indexPath: string
  readonly folder: string
}

async function open(): Promise<Bench> {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(makeFolder())
  // As a tool: no thread of the store keeps the index, the test does.
  const store = resources.use(await openIn(folder.path, { mode: 'tool' }))
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const { id: inbox } = await mailboxOf(store.mail, id, 'inbox')
  const sql = new Sql(openDatabase(join(folder.path, 'gatepost.sqlite'), 'read'))
  resources.defer(() => sql.close())
  const owned = resources.move()
  return {
    store,
    inbox,
    sql,
    account: id,
    folder: folder.path,
    indexPath: join(folder.path, 'search.sqlite'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function add({ store, account, inbox }: Bench, subject: string, body = ''): Promise<EmailId> {
  const content = Buffer.from(`Subject: ${subject}\r\n\r\n${body}`)
  const [added] = await store.mail.transact(account, [
    { op: 'addEmail', content, mailboxIds: [inbox], keywords: [], receivedAt: 1 },
  ])
  return added.emailId
}

function caughtUp(bench: Bench): TextIndex {
  const index = TextIndex.open(bench.sql, bench.indexPath)
  while (index.catchUp());
  return index
}

/** Email ids found, with an index or without: of the account in two orders, one of which an index has, and of the mailbox. */
function find(bench: Bench, where: EmailCondition, index?: TextIndex): string[] {
  const runner = new SearchRunner(bench.sql, () => index)
  const clock = new SearchClock(new Int32Array(1), 0, Number.POSITIVE_INFINITY)
  const run = (query: SearchRequest['query']): SearchFound => {
    const steps = runner.run({ id: 1, place: 0, account: keyOf('a', bench.account), query }, clock)
    for (;;) {
      clock.beginTurn()
      const { done, value } = steps.next()
      if (done !== true) continue
      if ('error' in value) throw new Error(`the search failed: ${value.error.code}`)
      return value.found
    }
  }
  const window = { position: 0, limit: 1_000 }
  const bySize = [{ property: 'size', isAscending: true }] as const
  const all = emailsOf(bench, run({ where, window }))
  expect(emailsOf(bench, run({ where, window, sort: bySize }))).toEqual(all)
  expect(emailsOf(bench, run({ where, mailbox: bench.inbox }))).toEqual(all)
  return all
}

function emailsOf({ sql }: Bench, found: SearchFound): string[] {
  const keys =
    found.kind === 'window'
      ? [...found.ids]
      : sql
          .all<{ id: number }>(
            'SELECT email_id AS id FROM membership WHERE uid IN (SELECT value FROM json_each(?))',
            JSON.stringify([...found.uids]),
          )
          .map(({ id }) => id)
  return keys.map((key) => `e${key}`).toSorted()
}

const text = (contains: string): EmailCondition => ({ kind: 'text', contains })

it('finds what a look through every text finds, whatever is asked', async () => {
  await using bench = await open()
  const words = ['alpha', 'beta', 'Größe', 'straße', '日本語のメール', 'x', 'a"b', 'ab']
  for (let i = 0; i < 60; i += 1)
    await add(
      bench,
      `${words[i % 8]} ${words[(i * 3) % 8]}`,
      `${words[(i * 5) % 8]}${words[(i * 7) % 8]}`,
    )
  using index = caughtUp(bench)
  // Half of them come after the index was last caught up.
  for (let i = 0; i < 30; i += 1) await add(bench, `${words[i % 8]} late`, words[(i * 3) % 8])
  const leaf = fc.record({
    kind: fc.constantFrom('text', 'subject', 'body', 'from', 'anyHeader' as const),
    contains: fc.oneof(
      fc.constantFrom(...words, 'LPH', 'röße', '本語の', 'late', 'a b', ''),
      fc.string({ maxLength: 4 }),
    ),
  }) as fc.Arbitrary<EmailCondition>
  const { condition } = fc.letrec<{ condition: EmailCondition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.record({
        kind: fc.constantFrom('and', 'or' as const),
        of: fc.array(tie('condition'), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), of: tie('condition') }),
    ) as fc.Arbitrary<EmailCondition>,
  }))
  fc.assert(
    fc.property(condition, (where) => {
      expect(find(bench, where, index)).toEqual(find(bench, where))
    }),
    { numRuns: 300 },
  )
})

it('finds what stands in a header, though NUL stands in the body', async () => {
  await using bench = await open()
  const found = await add(bench, 'x\r\nX-Header: qwertyuiop', 'before\0after')
  using index = caughtUp(bench)
  for (const contains of ['qwertyuiop', 'x-header: qwe'])
    expect(find(bench, { kind: 'anyHeader', contains }, index)).toEqual([found])
  for (const contains of ['after', 're\0af'])
    expect(find(bench, text(contains), index)).toEqual([found])
})

it('is for nobody but its owner: it tells what is in the mail', async () => {
  await using bench = await open()
  await add(bench, 'secret')
  using index = caughtUp(bench)
  expect(index.lastBlob).toBe(1)
  for (const end of ['', '-wal', '-shm'])
    expect(statSync(`${bench.indexPath}${end}`).mode & 0o777, end).toBe(0o600)
})

it('looks only at candidates', async () => {
  await using bench = await open()
  for (let i = 0; i < 20; i += 1) await add(bench, 'common')
  const rare = await add(bench, 'a rareword here')
  using index = caughtUp(bench)
  expect([...index.candidates('("rar" AND "are" AND "rew")', index.lastBlob)]).toEqual([
    [expect.any(Number)],
  ])
  expect(find(bench, text('rareword'), index)).toEqual([rare])
  expect(find(bench, text('no such thing'), index)).toEqual([])
})

it('finds an upload that becomes an email after later ones were indexed', async () => {
  await using bench = await open()
  const content = Buffer.from('Subject: uploaded first\r\n\r\n')
  const [{ blobId }] = await bench.store.mail.transact(bench.account, [
    { op: 'putBlob', content, expiresAt: Number.MAX_SAFE_INTEGER },
  ])
  await add(bench, 'came later')
  using index = caughtUp(bench)
  const [{ emailId }] = await bench.store.mail.transact(bench.account, [
    { op: 'addEmail', content: blobId, mailboxIds: [bench.inbox], keywords: [], receivedAt: 1 },
  ])
  expect(find(bench, text('uploaded'), index)).toEqual([emailId])
  while (index.catchUp());
  expect(index.lateBlobs()).toEqual([])
  expect(find(bench, text('uploaded'), index)).toEqual([emailId])
})

it('forgets what is gone when it is swept', async () => {
  await using bench = await open()
  const gone = await add(bench, 'a rareword here')
  await add(bench, 'stays')
  using index = caughtUp(bench)
  await bench.store.mail.transact(bench.account, [{ op: 'destroyEmail', emailId: gone }])
  expect(find(bench, text('rareword'), index)).toEqual([])
  index.sweep()
  expect([...index.candidates('("rar")', index.lastBlob)]).toEqual([[]])
  expect([...index.candidates('("sta")', index.lastBlob)]).toEqual([[expect.any(Number)]])
})

it('is right and says so when its file is damaged under it', async () => {
  await using bench = await open()
  const email = await add(bench, 'a rareword here')
  using index = caughtUp(bench)
  const db = new DatabaseSync(bench.indexPath)
  db.enableDefensive(false)
  db.exec('DELETE FROM words_data WHERE id > 10')
  db.close()
  expect(find(bench, text('rareword'), index)).toEqual([email])
  expect(index.isDamaged).toBe(true)
})

it('goes on where it was, and begins anew with another database or a broken file', async () => {
  await using bench = await open()
  await add(bench, 'first word')
  caughtUp(bench)[Symbol.dispose]()
  using again = TextIndex.open(bench.sql, bench.indexPath)
  expect(again.lastBlob).toBeGreaterThan(0)
  await using other = await open()
  copyFileSync(bench.indexPath, other.indexPath)
  using foreign = TextIndex.open(other.sql, other.indexPath)
  expect(foreign.lastBlob).toBe(0)
  await using broken = await open()
  writeFileSync(broken.indexPath, 'no database '.repeat(1000))
  const email = await add(broken, 'findable')
  using anew = caughtUp(broken)
  expect(find(broken, text('findable'), anew)).toEqual([email])
})
