import { deepEqual, equal } from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { absentPrograms } from '../mail/support/external-program.ts'
import { connectImap } from '../mail/support/imap-connection.ts'
import { runMbsync } from '../mail/support/mbsync.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import type { TestServer } from '../support/test-server.ts'
import type { ClientSession } from './client-session.ts'

/** A Maildir and the account, each with a change for the other; more in test/mail/mbsync.test.ts. */
export const mbsync: ClientSession = {
  client: 'mbsync',
  lacks: async () => absentPrograms('mbsync').join(', ') || null,
  run,
}

async function run(server: TestServer): Promise<void> {
  const maildir = join(server.folder, 'maildir')
  mkdirSync(maildir)
  const account = [`Port ${server.port('imaps')}`, 'SSLType IMAPS', 'AuthMechs LOGIN']
  await deliver(server.port('mx'), 'From: a@example.org\r\nSubject: theirs\r\n\r\nx\r\n')
  await runMbsync(server, maildir, account)
  const inbox = join(maildir, 'INBOX')
  const [name = ''] = readdirSync(join(inbox, 'new'))
  equal(readFileSync(join(inbox, 'new', name), 'utf8').includes('Subject: theirs\n'), true)

  renameSync(join(inbox, 'new', name), join(inbox, 'cur', `${name.replace(/:2,.*/, '')}:2,FRS`))
  writeFileSync(join(inbox, 'new', '1.ours.client'), 'From: me@example.test\nSubject: ours\n\nx\n')
  await runMbsync(server, maildir, account)
  await using flow = await connectImap(server.port('imaps'))
  await flow.mailboxOpen('INBOX')
  const found: Record<string, readonly string[]> = {}
  for await (const { envelope, flags } of flow.fetch('1:*', { envelope: true, flags: true }))
    found[envelope?.subject ?? ''] = [...(flags ?? [])].toSorted()
  deepEqual(found, { theirs: ['\\Answered', '\\Flagged', '\\Seen'], ours: [] })
}
