import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Problem } from '@gatepost/store-sqlite'
import { verifyStore } from '@gatepost/store-sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { makeFolder, openIn } from '../open-fixture.ts'
import { spawnChild } from '../spawn-child.ts'
import { fill, fillStore, tamper } from './filled-store.ts'

const database = 'gatepost.sqlite'
let template: ReturnType<typeof makeFolder>
beforeAll(async () => {
  template = makeFolder()
  await fillStore(template.path)
})
afterAll(() => template[Symbol.dispose]())

async function problemsAfter(sql: string): Promise<readonly Problem[]> {
  using folder = makeFolder()
  copyFileSync(join(template.path, database), join(folder.path, database))
  tamper(folder.path, sql)
  return (await verifyStore({ dataFolder: folder.path, isDeep: true })).problems
}

describe('a store that nobody has tampered with', () => {
  it('has no problem, without a server and beside one', async () => {
    using folder = makeFolder()
    await using store = await openIn(folder.path)
    await fill(store)
    for (const isDeep of [false, true])
      expect(await verifyStore({ dataFolder: folder.path, isDeep })).toEqual({
        problems: [],
        counts: {},
        checked: {
          accounts: 2,
          mailboxes: 14,
          emails: 15,
          blobs: 13,
          blobBytes: expect.any(Number) as number,
        },
      })
    await store[Symbol.asyncDispose]()
    const after = await verifyStore({ dataFolder: folder.path, isDeep: true })
    expect(after.problems).toEqual([])
  })

  it('is told of phase by phase', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    const phases: string[] = []
    let content = 0
    await verifyStore({
      dataFolder: folder.path,
      onProgress: ({ phase, done, total }) => {
        if (phases.at(-1) !== phase) phases.push(phase)
        if (phase === 'content' && total > 0) content = done / total
      },
    })
    expect(phases.slice(0, 4)).toEqual(['pages', 'rules', 'mailboxes', 'content'])
    expect(content).toBe(1)
  })

  it('is read in one snapshot while a server writes', async () => {
    using folder = makeFolder()
    const { me } = await fillStore(folder.path)
    await using server = spawnChild('deliver', folder.path, me)
    const before = await server.lines.next()
    for (let round = 0; round < 4; round += 1) {
      const { problems, checked } = await verifyStore({ dataFolder: folder.path, isDeep: true })
      expect(problems).toEqual([])
      expect(checked.emails).toBeGreaterThan(15)
    }
    const after = await server.lines.next()
    expect(after.value).not.toBe(before.value)
  })
})

const place = { account: 'me@example.test', mailbox: 'INBOX' }

describe('tells what is wrong', () => {
  it.each<[what: string, sql: string, Partial<Problem>]>([
    [
      'account.usedBytes',
      `UPDATE account SET used_bytes = 7 WHERE id = 1`,
      { where: { account: place.account }, found: 7 },
    ],
    [
      'account.usedEmails',
      `UPDATE account SET used_emails = 99 WHERE id = 2`,
      { expected: 4, found: 99 },
    ],
    ['account.modSeq', `UPDATE account SET mod_seq = 20 WHERE id = 1`, { found: 20 }],
    [
      'account.trimmedModSeq',
      `UPDATE account SET trimmed_mod_seq = 9999 WHERE id = 2`,
      { found: 9999 },
    ],
    [
      'account.lastUidValidity',
      `UPDATE account SET last_uid_validity = 5 WHERE id = 1`,
      { found: 5 },
    ],
    [
      'keyword.spelling',
      `UPDATE keyword SET spelling = 'Play' WHERE account_id = 1`,
      { where: { account: place.account }, expected: 'work', found: 'Play' },
    ],
    [
      'mailbox.isSelectable',
      `UPDATE mailbox SET is_selectable = 0 WHERE account_id = 1 AND name IN ('INBOX', 'Plans')`,
      { where: place, expected: 'no email and no role', found: '9 emails, role inbox' },
    ],
    [
      'mailbox.totalEmails',
      `UPDATE mailbox SET total_emails = 8 WHERE account_id = 1 AND role = 'inbox'`,
      { where: place, expected: 9, found: 8 },
    ],
    [
      'mailbox.unreadEmails',
      `UPDATE mailbox SET unread_emails = 8 WHERE account_id = 1 AND role = 'inbox'`,
      { where: place, expected: 4, found: 8 },
    ],
    [
      'mailbox.deletedEmails',
      `UPDATE mailbox SET deleted_emails = 0 WHERE account_id = 1 AND role = 'inbox'`,
      { where: place, expected: 1 },
    ],
    [
      'mailbox.totalBytes',
      `UPDATE mailbox SET total_bytes = total_bytes + 1 WHERE name = 'Plans'`,
      { where: { ...place, mailbox: 'Work/Plans' } },
    ],
    [
      'mailbox.totalThreads',
      `UPDATE mailbox SET total_threads = 3 WHERE name = 'Work'`,
      { expected: 2, found: 3 },
    ],
    [
      'mailbox.unreadThreads',
      `UPDATE mailbox SET unread_threads = 0 WHERE name = 'Work'`,
      { expected: 1, found: 0 },
    ],
    [
      'mailbox.uidNext',
      `UPDATE mailbox SET uid_next = 12 WHERE account_id = 1 AND role = 'inbox'`,
      { expected: 'above 12' },
    ],
    [
      'mailbox.highestModSeq',
      `UPDATE mailbox SET highest_mod_seq = id WHERE account_id = 1 AND role = 'inbox'`,
      { where: place },
    ],
    [
      'mailbox.modSeq',
      `UPDATE mailbox SET mod_seq = id - 1 WHERE account_id = 2 AND role = 'sent'`,
      {},
    ],
    [
      'mailbox.modSeqTwice',
      `UPDATE mailbox SET mod_seq = (SELECT max(mod_seq) FROM mailbox WHERE account_id = 1) WHERE account_id = 1 AND role = 'inbox'`,
      {},
    ],
    [
      'mailbox.uidValidity',
      `UPDATE mailbox SET uid_validity = (SELECT max(uid_validity) FROM mailbox) WHERE name IN ('Work', 'Plans')`,
      {},
    ],
    [
      'mailbox.parent',
      `UPDATE mailbox SET parent_id = 4000 WHERE name = 'Plans'`,
      { found: 'none' },
    ],
    [
      'mailbox.parent',
      `UPDATE mailbox SET parent_id = (SELECT id FROM mailbox WHERE name = 'Plans') WHERE name = 'Work'`,
      { found: 'a loop' },
    ],
    ['mailbox.name', `UPDATE mailbox SET name = 'a/b' WHERE name = 'Plans'`, { found: 'a/b' }],
    [
      'mailbox.role',
      `UPDATE mailbox SET role = NULL WHERE account_id = 2 AND role = 'inbox'`,
      { expected: 'an INBOX' },
    ],
    [
      'membership.mailbox',
      `UPDATE membership SET mailbox_id = 3999 WHERE mailbox_id = (SELECT id FROM mailbox WHERE name = 'Plans')`,
      { found: 'none' },
    ],
    [
      'membership.email',
      `DELETE FROM email WHERE account_id = 2 AND id = (SELECT max(id) FROM email WHERE account_id = 2)`,
      { found: 'none' },
    ],
    [
      'membership.receivedAt',
      `UPDATE membership SET received_at = 8 WHERE account_id = 1 AND uid = 9`,
      { found: 8 },
    ],
    [
      'membership.createdModSeq',
      `UPDATE membership SET created_mod_seq = 8 WHERE account_id = 1 AND uid = 9`,
      { where: { ...place, uid: 9, email: expect.any(String) as never } },
    ],
    [
      'membership.modSeq',
      `UPDATE membership SET mod_seq = created_mod_seq - 1 WHERE account_id = 1 AND uid = 9`,
      {},
    ],
    [
      'membership.modSeqTwice',
      `UPDATE membership SET mod_seq = (SELECT max(mod_seq) FROM membership WHERE account_id = 1) WHERE account_id = 1 AND mailbox_id = (SELECT id FROM mailbox WHERE account_id = 1 AND role = 'inbox') AND uid IN (8, 9)`,
      { where: { ...place, uid: 9 } },
    ],
    [
      'membership.isDeleted',
      `UPDATE membership SET is_deleted = 2 WHERE account_id = 2 AND uid = 1`,
      {},
    ],
    [
      'email.mailbox',
      `DELETE FROM membership WHERE account_id = 2 AND uid = 1`,
      { affectedEmails: 1 },
    ],
    [
      'email.modSeq',
      `UPDATE email SET mod_seq = 1 WHERE account_id = 2 AND id = (SELECT max(id) FROM email WHERE account_id = 2)`,
      {},
    ],
    ['email.modSeqTwice', `UPDATE email SET mod_seq = 900 WHERE account_id = 2`, { found: 900 }],
    [
      'email.blob',
      `UPDATE email SET hash = 'other' WHERE account_id = 2 AND id = (SELECT max(id) FROM email WHERE account_id = 2)`,
      {},
    ],
    [
      'email.thread',
      `UPDATE email SET thread_id = 5000 WHERE account_id = 2`,
      {
        where: {
          account: 'you@example.test',
          email: expect.any(String) as never,
          thread: 't5000' as never,
        },
      },
    ],
    ['email.index', `DELETE FROM blob_index WHERE blob_id = 3`, { affectedEmails: 1 }],
    ['email.text', `DELETE FROM blob_text WHERE blob_id = 3`, { affectedEmails: 1 }],
    [
      'email.keywords',
      `UPDATE email SET keywords = ' b A ' WHERE account_id = 2`,
      { found: '" b A "' },
    ],
    ['email.columns', `UPDATE email SET sent_at = 1 WHERE account_id = 2`, {}],
    [
      'accountBlob.emailRefs',
      `UPDATE account_blob SET email_refs = 5 WHERE account_id = 2 AND blob_id = 3`,
      { expected: 1, found: 5 },
    ],
    [
      'accountBlob.blob',
      `UPDATE account_blob SET size = size + 1 WHERE account_id = 2 AND blob_id = 3`,
      {},
    ],
    ['thread.emails', `UPDATE thread SET emails = 1 WHERE account_id = 1`, { found: 1 }],
    [
      'thread.empty',
      `INSERT INTO thread VALUES (1, 1, 1, 0)`,
      { where: { account: place.account, thread: 't1' as never } },
    ],
    [
      'thread.modSeq',
      `UPDATE thread SET mod_seq = 1 WHERE account_id = 2 AND id = (SELECT min(id) FROM thread WHERE account_id = 2)`,
      {},
    ],
    ['thread.modSeqTwice', `UPDATE thread SET mod_seq = 700 WHERE account_id = 1`, {}],
    ['threadKey.thread', `UPDATE thread_key SET thread_id = 5000 WHERE account_id = 2`, {}],
    ['mailboxThread.counts', `UPDATE mailbox_thread SET unread = 9 WHERE account_id = 2`, {}],
    ['mailboxThread.counts', `DELETE FROM mailbox_thread WHERE account_id = 2`, { found: 'none' }],
    [
      'tombstone.modSeq',
      `UPDATE expunged SET mod_seq = 9999 WHERE uid = 7`,
      { where: { ...place, uid: 7 } },
    ],
    ['tombstone.modSeq', `UPDATE account SET trimmed_mod_seq = mod_seq WHERE id = 1`, {}],
    ['tombstone.order', `UPDATE expunged SET created_mod_seq = mod_seq WHERE uid = 7`, {}],
    [
      'tombstone.alive',
      `INSERT INTO tombstone SELECT account_id, 1, 2, max(id), 0 FROM email WHERE account_id = 2`,
      { found: 'an email' },
    ],
    [
      'expunged.alive',
      `UPDATE expunged SET uid = 8 WHERE uid = 7`,
      { where: { ...place, uid: 8, email: expect.any(String) as never } },
    ],
    [
      'tombstone.order',
      `UPDATE record_tombstone SET created_mod_seq = mod_seq`,
      { where: { account: place.account } },
    ],
    ['tombstone.modSeq', `UPDATE record_tombstone SET mod_seq = 9999`, { found: 9999 }],
    [
      'record.modSeq',
      `UPDATE record SET mod_seq = created_mod_seq - 1`,
      { where: { account: place.account } },
    ],
    ['record.modSeqTwice', `UPDATE record SET mod_seq = 900`, { found: 900 }],
    ['account.modSeq', `UPDATE record SET mod_seq = 9000 WHERE id = 'one'`, {}],
    [
      'record.count',
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 1000)
       INSERT INTO record SELECT 1, 'Test', n, n, n, '1' FROM n`,
      { expected: 'at most 1000', found: '1002 of the type Test' },
    ],
    [
      'record.body',
      `UPDATE record SET body = '{' WHERE id = 'one'`,
      { found: 'something else in the record Test one' },
    ],
    ['record.tombstone', `UPDATE record SET created_mod_seq = 1 WHERE id = 'again'`, { found: 1 }],
    ['record.account', `UPDATE record SET account_id = 55`, {}],
    [
      'account.principal',
      `UPDATE principal SET name = 'him@example.test' WHERE name = 'you@example.test'`,
      { expected: 'a principal you@example.test', found: 'him@example.test' },
    ],
    [
      'principal.account',
      `INSERT INTO principal (name, created_at) VALUES ('him@example.test', 0)`,
      { found: 'none of him@example.test' },
    ],
    ['credential.principal', `UPDATE credential SET principal_id = 55 WHERE name = 'phone'`, {}],
    ['access.principal', `UPDATE access SET principal_id = 55`, { found: '1 rows without one' }],
    ['access.account', `UPDATE access SET account_id = 55`, { found: '1 rows without one' }],
    ['account.viewers', `UPDATE account SET viewers = 7 WHERE id = 1`, { expected: 1, found: 7 }],
    ['viewer.access', `DELETE FROM access`, { found: '1 others' }],
    ['viewer.principal', `UPDATE viewer SET principal_id = 55`, { found: '1 rows without one' }],
    ['viewer.account', `UPDATE viewer SET account_id = 55`, { found: '1 rows without one' }],
    [
      'viewerSeen.email',
      `UPDATE viewer_seen SET email_id = 9999`,
      { where: { account: place.account, email: 'e9999' as never } },
    ],
    ['viewer_seen.viewer', `UPDATE viewer_seen SET viewer_id = 55`, {}],
    ['viewer_thread.viewer', `UPDATE viewer_thread SET viewer_id = 55`, {}],
    ['viewer_mailbox.viewer', `UPDATE viewer_mailbox SET viewer_id = 55`, {}],
    ['viewerThread.unread', `UPDATE viewer_thread SET unread = 5`, { expected: 1, found: 5 }],
    ['viewerThread.unread', `DELETE FROM viewer_thread`, { expected: 1, found: 0 }],
    [
      'viewerMailbox.counters',
      `UPDATE viewer_mailbox SET unread_threads = 7`,
      {
        where: { account: place.account, mailbox: 'Work/Plans' },
        expected: '1 emails, 1 threads more',
        found: '1 emails, 7 threads more',
      },
    ],
    ['access.mailbox', `UPDATE access SET mailbox_id = 3999`, { found: 'only grants' }],
    ['expunged.mailbox', `UPDATE expunged SET mailbox_id = 3999 WHERE uid = 7`, {}],
    [
      'blob.refs',
      `UPDATE blob SET refs = 7 WHERE id = 3`,
      { expected: 2, found: 7, affectedEmails: 2 },
    ],
    [
      'blob.owner',
      `INSERT INTO blob_index VALUES (4000, 1, '{}')`,
      { found: 'only its row in blob_index' },
    ],
    ['chunk.blob', `INSERT INTO blob_chunk VALUES (4096 * 4000, 0, x'00')`, {}],
    [
      'blob.content',
      `DELETE FROM blob_chunk WHERE id = 12 * 4096 + 1`,
      { found: '1 chunks instead of 2', affectedEmails: 2 },
    ],
    ['blob.content', `UPDATE blob_chunk SET bytes = x'00' WHERE id = 12 * 4096 + 1`, {}],
    [
      'blob.content',
      `UPDATE blob_chunk SET encoding = 7 WHERE id = 12 * 4096`,
      { found: 'unknown encoding 7 of a chunk' },
    ],
    [
      'blob.index',
      `UPDATE blob_index SET mime = replace(mime, 'about', 'above') WHERE blob_id = 4`,
      { affectedEmails: 1 },
    ],
    [
      'blob.text',
      `UPDATE blob_text SET body = 'other' WHERE blob_id = 3`,
      { found: 'another text in body', affectedEmails: 2 },
    ],
    ['store.lastId', `UPDATE sqlite_sequence SET seq = 2 WHERE name = 'blob'`, { found: 2 }],
    ['store.identity', `DELETE FROM identity`, { found: 0 }],
    [
      'store.schema',
      `DROP INDEX email_thread`,
      { where: { table: 'email_thread' }, found: 'nothing' },
    ],
    ['store.schema', `CREATE TABLE extra (a)`, { expected: 'nothing' }],
    ['alias.account', `INSERT INTO alias VALUES ('x@example.test', 77)`, {}],
    [
      'alias.address',
      `INSERT INTO alias VALUES ('you@example.test', 1)`,
      { found: 'you@example.test' },
    ],
    ['mailbox.account', `UPDATE mailbox SET account_id = 55 WHERE account_id = 2`, {}],
    [
      'queue.blob',
      `UPDATE queue_message SET size = 3`,
      { where: { queue: 'q1' as never, blob: expect.any(String) as never } },
    ],
    ['queue.recipients', `DELETE FROM queue_recipient`, { where: { queue: 'q1' as never } }],
    ['queue.message', `DELETE FROM queue_message`, { where: { queue: 'q1' as never } }],
    ['queue.account', `UPDATE queue_message SET account_id = 77`, {}],
  ])('%s: %s', async (what, sql, expected) => {
    const problems = await problemsAfter(sql)
    expect(problems).toContainEqual(expect.objectContaining({ what, ...expected }))
  })

  it('with the emails that are affected, of whom and where', async () => {
    const problems = await problemsAfter(
      `UPDATE blob_chunk SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE id = 3 * 4096`,
    )
    expect(problems).toMatchObject([
      {
        what: 'blob.content',
        expected: expect.stringMatching(/^\d+ bytes, hash [\w-]{43}$/) as string,
        affects: [
          { account: 'me@example.test', mailbox: 'INBOX' },
          { account: 'you@example.test', mailbox: 'INBOX' },
        ],
        affectedEmails: 2,
      },
    ])
    expect(problems[0]?.where.blob).toMatch(/^b[\w-]{43}$/)
  })

  it('a hundred times at most of one kind, and counts the rest', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    tamper(
      folder.path,
      `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 250)
       INSERT INTO membership SELECT 2, 8000, n, 9000 + n, 90000 + n, 90000 + n, 0, 0, 0 FROM n`,
    )
    const { problems, counts } = await verifyStore({ dataFolder: folder.path })
    expect(problems.filter(({ what }) => what === 'membership.email')).toHaveLength(100)
    expect(counts['membership.email']).toBe(250)
  })
})

describe('where there is no store that it knows', () => {
  it('says so', async () => {
    using folder = makeFolder()
    await expect(verifyStore({ dataFolder: folder.path })).rejects.toMatchObject({
      code: 'store.notFound',
    })
    await fillStore(folder.path)
    tamper(folder.path, 'UPDATE schema_version SET version = 99')
    await expect(verifyStore({ dataFolder: folder.path })).rejects.toMatchObject({
      code: 'store.newerSchema',
    })
    tamper(folder.path, 'UPDATE schema_version SET version = 0')
    await expect(verifyStore({ dataFolder: folder.path })).rejects.toMatchObject({
      code: 'store.olderSchema',
    })
  })

  it('answers a file that is no database as a problem', async () => {
    using folder = makeFolder()
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(join(folder.path, database), 'no database at all, whatever its name is')
    const { problems } = await verifyStore({ dataFolder: folder.path })
    expect(problems).toMatchObject([
      { what: 'store.pages', found: expect.stringContaining('not a database') as string },
    ])
  })
})
