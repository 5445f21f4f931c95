import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { importMail } from '../../src/transfer/import-mail.ts'
import { connectImap } from '../mail/support/imap-connection.ts'
import { JmapClient } from '../mail/support/jmap-client.ts'
import { deliverAll } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import type { CorpusMessage } from './corpus-message.ts'

/** How the corpus gets into an account. */
export interface Way {
  readonly name: 'smtp' | 'append' | 'jmap' | 'mbox'
  /** Puts the messages into the inbox, in their order. */
  readonly bring: (
    server: TestServer,
    user: string,
    messages: readonly CorpusMessage[],
  ) => Promise<void>
  /** What is stored of a message, when it is not the message as it is. */
  readonly strip?: (stored: string) => string
}

export const ways: readonly Way[] = [
  {
    name: 'smtp',
    bring: (server, user, messages) =>
      deliverAll(
        server.port('mx'),
        messages.map(({ content }) => content),
        { to: [user] },
      ),
    strip: (stored) => stored.replace(/^Return-Path: .*\r\nReceived: .*\r\n(?:\t.*\r\n)*/, ''),
  },
  { name: 'append', bring: append },
  { name: 'jmap', bring: importOverJmap },
  { name: 'mbox', bring: importMbox },
]

async function append(
  server: TestServer,
  user: string,
  messages: readonly CorpusMessage[],
): Promise<void> {
  await using flow = await connectImap(server.port('imaps'), {
    auth: { user, pass: password },
  })
  for (const { content } of messages) await flow.append('INBOX', content)
}

async function importOverJmap(
  server: TestServer,
  user: string,
  messages: readonly CorpusMessage[],
): Promise<void> {
  const jmap = await JmapClient.open(server.port('http'), user)
  const { id } = await jmap.mailbox('inbox')
  const emails: Record<string, object> = {}
  // As many as RFC 8620 section 2 recommends servers to take.
  const uploadsAtOnce = 4
  for (let at = 0; at < messages.length; at += uploadsAtOnce) {
    const some = messages.slice(at, at + uploadsAtOnce)
    const blobIds = await Promise.all(some.map(({ content }) => jmap.upload(content)))
    for (const [index, blobId] of blobIds.entries())
      emails[`k${at + index}`] = { blobId, mailboxIds: { [id]: true } }
  }
  await jmap.set('Email/import', { emails })
}

async function importMbox(
  server: TestServer,
  user: string,
  messages: readonly CorpusMessage[],
): Promise<void> {
  const root = join(server.folder, 'mbox')
  mkdirSync(root)
  const entries = messages.map(({ content }) => {
    const text = content.toString('latin1').replaceAll('\r\n', '\n')
    const end = text.indexOf('\n\n')
    const body = text.slice(end).replaceAll(/^(>*From )/gm, '>$1')
    return `From anna@example.org Mon Jan  5 09:30:00 2026\n${text.slice(0, end)}${body}\n`
  })
  writeFileSync(join(root, 'INBOX'), entries.join(''), 'latin1')
  const { store } = server.running
  const account = (await store.directory.login(user))?.access.account
  if (account === undefined) throw new Error(`no account ${user}`)
  const summary = await importMail({
    mail: store.mail,
    account: account.id,
    format: 'mbox',
    root,
    prefix: [],
    journalPath: join(server.folder, `${user}.journal`),
  })
  if (summary.messages !== messages.length) throw new Error(JSON.stringify(summary))
}
