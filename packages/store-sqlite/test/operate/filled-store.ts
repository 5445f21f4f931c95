import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

import type { AccountId, Mailbox, MailboxRole, MailStore, Uid } from '@gatepost/core'

import type { SqliteStore, StoreOptions } from '../../src/open-store.ts'
import { openIn } from '../open-fixture.ts'

export interface FilledStore {
  readonly me: AccountId
  readonly you: AccountId
}

/** Two accounts with a little of everything: threads, copies, a mailbox in a mailbox, what was removed, an upload, records, an app password, a shared mailbox in which somebody takes an email for unread, mail that waits to go out. */
export async function fillStore(
  dataFolder: string,
  options: Partial<StoreOptions> = {},
): Promise<FilledStore> {
  await using store = await openIn(dataFolder, options)
  return await fill(store)
}

export async function fill(store: SqliteStore): Promise<FilledStore> {
  const { id: me } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const { id: you } = await store.directory.addAccount('you@example.test', { hash: 'hash' })
  await store.directory.addAlias({ address: 'info@example.test', target: 'me@example.test' })
  await store.directory.addAppPassword('me@example.test', {
    name: 'phone',
    hash: 'sha256:of a secret',
    protocols: new Set(['imap']),
  })
  const inbox = await mailboxOf(store.mail, me, 'inbox')
  for (let at = 1; at <= 12; at += 1)
    await store.mail.deliver({
      content: message(at),
      receivedAt: at,
      local: [me, ...(at % 3 === 0 ? [you] : [])].map((accountId) => ({
        accountId,
        role: 'inbox',
        keywords: at % 2 === 0 ? ['$seen', 'work'] : [],
      })),
    })
  const [work] = await store.mail.transact(me, [
    { op: 'createMailbox', name: 'Work', parentId: null },
  ])
  const [plans] = await store.mail.transact(me, [
    { op: 'createMailbox', name: 'Plans', parentId: work.id },
  ])
  await store.mail.transact(me, [
    { op: 'copy', fromId: inbox.id, toId: work.id, uids: uids(1, 2, 3) },
    { op: 'move', fromId: inbox.id, toId: plans.id, uids: uids(4, 5) },
    {
      op: 'updateFlags',
      mailboxId: inbox.id,
      uids: uids(6, 7),
      mode: 'add',
      keywords: ['$flagged'],
      isDeleted: true,
    },
    { op: 'expunge', mailboxId: inbox.id, uids: uids(7), onlyDeleted: true },
    { op: 'putBlob', content: Buffer.from('an upload'), expiresAt: Number.MAX_SAFE_INTEGER },
  ])
  await store.directory.setAccess({
    account: 'me@example.test',
    mailbox: plans.id,
    principal: 'you@example.test',
    rights: new Set(['lookup', 'read']),
  })
  const { access } = (await store.directory.login('you@example.test')) ?? {}
  const read = { op: 'updateFlags', mailboxId: plans.id, uids: uids(1), keywords: ['$seen'] }
  await store.mail.transact(me, [{ ...read, mode: 'remove' } as const as never], {
    viewer: access?.principal.id,
  })
  const again = { op: 'putRecord', type: 'Test', id: 'again', body: {} } as const
  await store.mail.transact(me, [
    { ...again, id: 'one' },
    again,
    { op: 'deleteRecord', type: 'Test', id: 'again' },
    again,
  ])
  await store.mail.deliver({
    content: message(99),
    receivedAt: 99,
    local: [],
    outbound: {
      reversePath: 'me@example.test',
      recipients: [{ address: 'them@example.org', notify: [], originalRecipient: null }],
      accountId: me,
      envelopeId: null,
      dsnReturn: 'full',
      isTlsRequired: false,
    },
  })
  return { me, you }
}

function uids(...values: number[]): Uid[] {
  return values as Uid[]
}

/** Messages in two threads; the last ones take several chunks. */
function message(at: number): Buffer {
  const body = at > 10 ? `line ${at} of many\r\n`.repeat(20_000) : `Words of message ${at}.\r\n`
  return Buffer.from(
    `From: a@example.org\r\nTo: me@example.test\r\nSubject: about ${at % 2}\r\nMessage-ID: <${at}@example.org>\r\n` +
      `References: <root${at % 2}@example.org>\r\nDate: Tue, 1 Jul 2025 10:00:00 +0200\r\n\r\n${body}`,
  )
}

export async function mailboxOf(
  mail: MailStore,
  account: AccountId,
  role: MailboxRole,
): Promise<Mailbox> {
  const list = await mail.read(account, ({ mailboxes }) => mailboxes.list())
  const found = list.find((mailbox) => mailbox.role === role)
  if (found === undefined) throw new Error(`no mailbox with role ${role}`)
  return found
}

/** Does to the database what no program of ours would. */
export function tamper(dataFolder: string, sql: string, ...params: SQLInputValue[]): void {
  const db = new DatabaseSync(join(dataFolder, 'gatepost.sqlite'))
  try {
    if (params.length > 0) db.prepare(sql).run(...params)
    else db.exec(sql)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}
