import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { type Problem, verifyStore } from '@gatepost/store-sqlite'
import { expect, it } from 'vitest'

import { openDatabase } from '../../src/database.ts'
import { TextIndex } from '../../src/search/text-index.ts'
import { Sql } from '../../src/sql.ts'
import { makeFolder, openIn } from '../open-fixture.ts'
import { fillStore, mailboxOf, tamper } from './filled-store.ts'

function indexPath(folder: string): string {
  return join(folder, 'search.sqlite')
}

function catchUp(folder: string): void {
  const sql = new Sql(openDatabase(join(folder, 'gatepost.sqlite'), 'read'))
  const index = TextIndex.open(sql, indexPath(folder))
  while (index.catchUp());
  index[Symbol.dispose]()
  sql.close()
}

function change(folder: string, text: string): void {
  const db = new DatabaseSync(indexPath(folder))
  db.exec(text)
  db.close()
}

async function indexed(): Promise<ReturnType<typeof makeFolder>> {
  const folder = makeFolder()
  await fillStore(folder.path, { mode: 'tool' })
  catchUp(folder.path)
  return folder
}

async function problems(folder: string, isDeep = true): Promise<readonly Problem[]> {
  return (await verifyStore({ dataFolder: folder, isDeep })).problems
}

it('has no problem with an index that is complete, behind or not there', async () => {
  using folder = await indexed()
  expect(await problems(folder.path)).toEqual([])
  await using store = await openIn(folder.path, { mode: 'tool' })
  const [me] = await store.directory.listAccounts()
  if (me === undefined) throw new Error('no account')
  const inbox = await mailboxOf(store.mail, me.id, 'inbox')
  const content = Buffer.from('Subject: later\r\n\r\nnot indexed yet')
  const [upload] = await store.mail.transact(me.id, [
    { op: 'putBlob', content, expiresAt: Number.MAX_SAFE_INTEGER },
  ])
  catchUp(folder.path)
  const email = { op: 'addEmail', mailboxIds: [inbox.id], keywords: [], receivedAt: 1 } as const
  await store.mail.transact(me.id, [
    { ...email, content: Buffer.from('Subject: after the upload\r\n\r\n') },
  ])
  catchUp(folder.path)
  // An email only now, over content that is older than what is indexed.
  await store.mail.transact(me.id, [{ ...email, content: upload.blobId }])
  expect(await problems(folder.path)).toEqual([])
})

it('tells of an email that searches would miss', async () => {
  using folder = await indexed()
  change(folder.path, 'DELETE FROM words WHERE rowid = 3')
  expect(await problems(folder.path, false)).toMatchObject([
    { what: 'searchIndex.text', found: 'not in the index', affectedEmails: 2 },
  ])
})

it('tells of an email that is indexed by other words than its own', async () => {
  using folder = await indexed()
  change(folder.path, "INSERT OR REPLACE INTO words (rowid, text) VALUES (3, 'something else')")
  expect(await problems(folder.path, false)).toEqual([])
  expect(await problems(folder.path)).toMatchObject([
    { what: 'searchIndex.text', found: 'not found by its words', affectedEmails: 2 },
  ])
})

it.each([
  ['a page', Buffer.alloc(4096, 0x5a)],
  ['a few bytes of a page', Buffer.alloc(8, 0xff)],
])('tells of an index in which %s is lost, which concerns no mail', async (_name, bytes) => {
  using folder = await indexed()
  const whole = readFileSync(indexPath(folder.path))
  const pages = whole.byteLength / 4096
  expect(pages).toBeGreaterThan(4)
  for (let page = 2; page < pages; page += 1) {
    const damaged = Buffer.from(whole)
    damaged.set(bytes, page * 4096)
    writeFileSync(indexPath(folder.path), damaged)
    expect(await problems(folder.path)).toMatchObject([
      { what: 'searchIndex.pages', affectedEmails: 0 },
    ])
  }
})

it('passes over an index that was cut off, which is made anew when it is opened next', async () => {
  using folder = await indexed()
  const whole = statSync(indexPath(folder.path)).size
  truncateSync(indexPath(folder.path), whole - 4096)
  expect(await problems(folder.path)).toEqual([])
  catchUp(folder.path)
  expect(await problems(folder.path)).toEqual([])
  expect(statSync(indexPath(folder.path)).size).toBe(whole)
})

it('passes over an index that the server would make anew', async () => {
  using folder = await indexed()
  tamper(folder.path, "UPDATE identity SET id = 'another'")
  change(folder.path, 'DELETE FROM words WHERE rowid = 3')
  expect(await problems(folder.path)).toEqual([])
  writeFileSync(indexPath(folder.path), 'no database')
  expect(await problems(folder.path)).toEqual([])
  expect(readFileSync(indexPath(folder.path), 'utf8')).toBe('no database')
})
