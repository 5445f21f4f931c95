import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import type { AccountId, MailboxId } from '@gatepost/core'
import { expect, it } from 'vitest'

import { published } from '../src/schema/migrate.ts'
import { makeFolder, openIn } from './open-fixture.ts'
import { mailboxOf } from './operate/filled-store.ts'

/** On a busy machine. */
const patient = { timeout: 60_000, interval: 20 }

function count(path: string, sql: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return Number(Object.values(db.prepare(sql).get() ?? {})[0])
  } finally {
    db.close()
  }
}

it('what an older program made of messages is made anew beside the server, and found by what it says now', async () => {
  using folder = makeFolder()
  const path = join(folder.path, 'gatepost.sqlite')
  const contents = Array.from({ length: 150 }, (_, at) =>
    Buffer.from(`Subject: mail ${at}\r\n\r\nThe word is here.\r\n`),
  )
  let me: Awaited<ReturnType<typeof addMail>>
  {
    await using store = await openIn(folder.path)
    me = await addMail(store, contents)
  }
  // As version 1 left them, and one whose message has gone since.
  const db = new DatabaseSync(path)
  db.exec(`UPDATE blob_index SET version = 1, mime = '{}'; UPDATE blob_text SET body = 'nothing'`)
  db.exec('DROP TABLE stale_index')
  db.exec(published[2] ?? '')
  db.exec('INSERT INTO stale_index VALUES (1000000)')
  expect(count(path, 'SELECT count(*) FROM stale_index')).toBe(151)
  db.close()
  await using store = await openIn(folder.path)
  const stale = 'SELECT count(*) FROM stale_index s JOIN blob b ON b.id = s.blob_id'
  await expect.poll(() => count(path, stale), patient).toBe(0)
  expect(count(path, 'SELECT count(*) FROM blob_index WHERE version = 3')).toBe(150)
  const hasWord = async (word: string): Promise<number> => {
    const where = { kind: 'body', contains: word } as const
    const query = { where, mailbox: me.inbox }
    return (await store.mail.searchMailbox(me.account, query)).uids.length
  }
  await expect.poll(() => hasWord('word'), patient).toBe(150)
  expect(await hasWord('nothing')).toBe(0)
}, 120_000)

async function addMail(
  store: Awaited<ReturnType<typeof openIn>>,
  contents: readonly Buffer[],
): Promise<{ account: AccountId; inbox: MailboxId }> {
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const { id: inbox } = await mailboxOf(store.mail, id, 'inbox')
  await store.mail.transact(
    id,
    contents.map((content, at) => ({
      op: 'addEmail',
      content,
      mailboxIds: [inbox],
      keywords: [],
      receivedAt: at + 1,
    })),
  )
  return { account: id, inbox }
}
