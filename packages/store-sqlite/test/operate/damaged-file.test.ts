import { randomBytes } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { MailOp } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeFolder, openIn } from '../open-fixture.ts'
import { fill, mailboxOf, tamper } from './filled-store.ts'

const pageBytes = 4096
const database = 'gatepost.sqlite'
/** Names of tables and indexes with one of their leaves, the second one where there is one. */
let leaves: ReadonlyMap<string, number>
let template: ReturnType<typeof makeFolder>

beforeAll(async () => {
  template = makeFolder()
  await using store = await openIn(template.path)
  const { me } = await fill(store)
  const archive = await mailboxOf(store.mail, me, 'archive')
  const ops = Array.from({ length: 300 }, (_, at): MailOp => ({
    op: 'addEmail',
    content: Buffer.from(
      `Subject: number ${at}\r\nMessage-ID: <n${at}@x>\r\n\r\n${'text '.repeat(at)}`,
    ),
    mailboxIds: [archive.id],
    keywords: [],
    receivedAt: at,
  }))
  await store.mail.transact(me, ops)
  await store[Symbol.asyncDispose]()
  leaves = leavesOf(join(template.path, database))
})
afterAll(() => template[Symbol.dispose]())

function leavesOf(path: string): Map<string, number> {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db
    .prepare("SELECT name, pageno FROM dbstat WHERE pagetype = 'leaf' ORDER BY name, pageno")
    .all()
  db.close()
  const found = new Map<string, number[]>()
  for (const { name, pageno } of rows) {
    const pages = found.get(String(name)) ?? []
    found.set(String(name), [...pages, Number(pageno)])
  }
  return new Map([...found].map(([name, pages]) => [name, pages[1] ?? pages[0] ?? 0]))
}

function copyOf(): ReturnType<typeof makeFolder> {
  const folder = makeFolder()
  copyFileSync(join(template.path, database), join(folder.path, database))
  return folder
}

function overwrite(folder: string, at: number, bytes: Uint8Array): void {
  const file = openSync(join(folder, database), 'r+')
  writeSync(file, bytes, 0, bytes.byteLength, at)
  closeSync(file)
}

function damageLeaf(folder: string, name: string): void {
  const page = leaves.get(name)
  if (page === undefined) throw new Error(`no leaf of ${name}`)
  overwrite(folder, (page - 1) * pageBytes, Buffer.alloc(pageBytes, 0x5a))
}

describe('a page that cannot be read', () => {
  it.each([
    'account',
    'account_blob',
    'alias',
    'blob',
    'blob_chunk',
    'blob_index',
    'blob_text',
    'email',
    'email_blob',
    'email_changed',
    'expunged',
    'mailbox',
    'mailbox_thread',
    'membership',
    'membership_email',
    'queue_message',
    'queue_recipient',
    'thread',
    'thread_key',
    'sqlite_schema',
  ])('of %s is told, whatever else it keeps from being checked', async (name) => {
    using folder = copyOf()
    damageLeaf(folder.path, name)
    const { problems } = await verifyStore({ dataFolder: folder.path, isDeep: true })
    expect(problems.length).toBeGreaterThan(0)
    const told = problems.find(({ what }) => what === 'store.pages')
    expect(told?.found).not.toBe('ok')
  })

  it('of the content names the messages in it, and those alone', async () => {
    using folder = copyOf()
    damageLeaf(folder.path, 'blob_chunk')
    const { problems, checked } = await verifyStore({ dataFolder: folder.path })
    const lost = problems.filter(({ what }) => what === 'blob.content')
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.length).toBeLessThan(checked.blobs / 4)
    for (const { affects } of lost)
      expect(affects).toContainEqual({
        account: 'me@example.test',
        mailbox: expect.any(String) as string,
        email: expect.stringMatching(/^e\d+$/) as string,
      })
  })

  it.each(['email', 'membership', 'blob_index', 'blob_text'])(
    'of %s names the emails that are lost with it',
    async (table) => {
      using folder = copyOf()
      damageLeaf(folder.path, table)
      const { problems, checked } = await verifyStore({ dataFolder: folder.path })
      const told = problems.find(({ where }) => where.table === table)
      expect(told?.affectedEmails).toBeGreaterThan(0)
      expect(told?.affectedEmails).toBeLessThan(310)
      expect(told?.affects[0]?.account).toBe('me@example.test')
      expect(checked.accounts).toBe(2)
    },
  )

  it('keeps nothing else from being found', async () => {
    using folder = copyOf()
    tamper(folder.path, `UPDATE account SET used_bytes = 7 WHERE id = 2`)
    tamper(folder.path, `UPDATE mailbox SET uid_next = 1 WHERE account_id = 2 AND role = 'inbox'`)
    damageLeaf(folder.path, 'blob_text')
    const { problems } = await verifyStore({ dataFolder: folder.path })
    const kinds = problems.map(({ what }) => what)
    expect(kinds).toEqual(
      expect.arrayContaining([
        'store.pages',
        'store.unchecked',
        'account.usedBytes',
        'mailbox.uidNext',
      ]),
    )
  })
})

/** A message of several chunks, at the end of the file; answers the pages that hold it. */
async function addLastMessage(folder: string): Promise<number[]> {
  await using store = await openIn(folder, { mode: 'tool' })
  const [me] = await store.directory.listAccounts()
  if (me === undefined) throw new Error('no account')
  const archive = await mailboxOf(store.mail, me.id, 'archive')
  const content = Buffer.from(`Subject: last\r\n\r\n${randomBytes(400_000).toString('base64')}`)
  await store.mail.transact(me.id, [
    { op: 'addEmail', content, mailboxIds: [archive.id], keywords: [], receivedAt: 1 },
  ])
  await store[Symbol.asyncDispose]()
  using db = new DatabaseSync(join(folder, database), { readOnly: true })
  const rows = db
    .prepare(
      "SELECT pageno FROM dbstat WHERE name = 'blob_chunk' AND pagetype = 'overflow' ORDER BY pageno",
    )
    .all()
  return rows.slice(-90).map(({ pageno }) => Number(pageno))
}
const ofLastMessage = {
  what: 'blob.content',
  affects: [
    {
      account: 'me@example.test',
      mailbox: 'Archive',
      email: expect.stringMatching(/^e\d+$/) as string,
    },
  ],
  affectedEmails: 1,
}

it('a byte that has changed in the middle of a message is told, with the message, and nothing else', async () => {
  using folder = copyOf()
  const pages = await addLastMessage(folder.path)
  const page = pages[Math.floor(pages.length / 2)] ?? 0
  const at = (page - 1) * pageBytes + pageBytes / 2
  const before = readFileSync(join(folder.path, database))[at] ?? 0
  overwrite(folder.path, at, Uint8Array.of(before ^ 0x10))
  const { problems } = await verifyStore({ dataFolder: folder.path })
  expect(problems).toMatchObject([ofLastMessage])
})

describe('a file that was cut off', () => {
  it('is told of', async () => {
    using folder = copyOf()
    const path = join(folder.path, database)
    truncateSync(path, Math.floor(statSync(path).size / 2 / pageBytes) * pageBytes)
    const { problems } = await verifyStore({ dataFolder: folder.path, isDeep: true })
    expect(problems.map(({ what }) => what)).toContain('store.pages')
  })

  it('is told of with the message that it ended with, and that one alone', async () => {
    using folder = copyOf()
    const [, first = 0] = await addLastMessage(folder.path)
    truncateSync(join(folder.path, database), first * pageBytes)
    const { problems } = await verifyStore({ dataFolder: folder.path })
    const lost = problems.filter(({ what }) => what === 'blob.content')
    expect(lost).toMatchObject([ofLastMessage])
    expect(problems.map(({ what }) => what)).toContain('store.pages')
  })
})

it('answers any damage at all, and changes no byte', async () => {
  const size = statSync(join(template.path, database)).size
  await fc.assert(
    fc.asyncProperty(
      fc.nat(size - 1),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      async (at, bytes) => {
        using folder = copyOf()
        overwrite(folder.path, at, bytes.subarray(0, size - at))
        const before = readFileSync(join(folder.path, database))
        const report = await verifyStore({ dataFolder: folder.path, isDeep: true }).catch(
          // The version of the schema was hit.
          (error: { code?: string }) => error.code,
        )
        expect(report).toSatisfy(
          (answer: unknown) =>
            typeof answer === 'object' ||
            answer === 'store.newerSchema' ||
            answer === 'store.olderSchema',
        )
        expect(readFileSync(join(folder.path, database)).equals(before)).toBe(true)
      },
    ),
    { numRuns: 40 },
  )
})
