import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'
import { requirePrograms } from './support/external-program.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { JmapClient } from './support/jmap-client.ts'
import { runMbsync } from './support/mbsync.ts'
import { deliver } from './support/smtp-delivery.ts'

let server: TestServer
let maildir: string

beforeEach(async () => {
  server = await TestServer.start()
  maildir = join(server.folder, 'maildir')
  mkdirSync(maildir)
})
afterEach(() => server[Symbol.asyncDispose]())

const mail = (subject: string): string =>
  `From: a@example.org\r\nSubject: ${subject}\r\n\r\n${subject} caf\u00e9\r\n.\r\n`

function mbsync(account: readonly string[]): Promise<void> {
  return runMbsync(server, maildir, account)
}
/** File name to content of every message, as mbsync has it: with LF, less the mark that it adds to what it copies. */
function localMessages(mailbox: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const folder of ['cur', 'new'])
    for (const name of readdirSync(join(maildir, mailbox, folder))) {
      const text = readFileSync(join(maildir, mailbox, folder, name), 'latin1')
      found.set(join(maildir, mailbox, folder, name), text.replace(/^X-TUID: .*\n/m, ''))
    }
  return found
}
function localFile(mailbox: string, subject: string): string {
  for (const [path, text] of localMessages(mailbox))
    if (text.includes(`Subject: ${subject}\n`)) return path
  throw new Error(`no ${subject} in ${mailbox}`)
}
function addLocal(mailbox: string, subject: string): void {
  for (const folder of ['cur', 'new', 'tmp'])
    mkdirSync(join(maildir, mailbox, folder), { recursive: true })
  const text = mail(subject).replaceAll('\r\n', '\n')
  writeFileSync(join(maildir, mailbox, 'new', `1.${subject}.client`), text)
}
/** Sets the flags of a message here, as a mail program does. */
function flagLocal(mailbox: string, subject: string, flags: string): void {
  const path = localFile(mailbox, subject)
  const name = path.replace(/^.*\//, '').replace(/:2,.*$/, '')
  renameSync(path, join(maildir, mailbox, 'cur', `${name}:2,${flags}`))
}
/** What there is on the server: per mailbox the subjects with their flags. */
async function remoteMessages(): Promise<Readonly<Record<string, readonly string[]>>> {
  await using flow = await connectImap(server.port('imaps'))
  const found: Record<string, readonly string[]> = {}
  for (const { path } of await flow.list()) {
    const { exists } = await flow.mailboxOpen(path, { readOnly: true })
    if (exists === 0) continue
    const lines: string[] = []
    for await (const { envelope, flags } of flow.fetch('1:*', { envelope: true, flags: true }))
      lines.push([envelope?.subject, ...[...(flags ?? [])].toSorted()].join(' '))
    found[path] = lines.toSorted()
  }
  return found
}

it.for([
  ['imaps', 'IMAPS'],
  ['imap', 'STARTTLS'],
] as const)(
  'mbsync keeps a Maildir and the account the same both ways, over %s',
  async ([listener, tls], context) => {
    requirePrograms(context, 'mbsync')
    // SASL would need plugins of its own; curl logs in by AUTHENTICATE.
    const account = [`Port ${server.port(listener)}`, `SSLType ${tls}`, 'AuthMechs LOGIN']
    const jmap = await JmapClient.open(server.port('http'))
    const port = server.port('mx')

    for (const subject of ['one', 'two', 'three']) await deliver(port, mail(subject))
    await using flow = await connectImap(server.port('imaps'))
    await flow.mailboxCreate(['Projects', 'N\u00e9w'])
    await flow.append('Projects/N\u00e9w', mail('project'), ['\\Seen', '\\Flagged'])
    await mbsync(account)
    const stored = await messagesIn(flow, 'INBOX')
    expect(stored).toHaveLength(3)
    expect([...localMessages('INBOX').values()].toSorted()).toEqual(
      stored.map((text) => text.replaceAll('\r\n', '\n')).toSorted(),
    )
    expect(localFile('Projects/N&AOk-w', 'project')).toMatch(/:2,FS$/)

    // Both sides change before the next run: messages, flags, a removal and a mailbox each.
    addLocal('INBOX', 'four')
    addLocal('Drawer', 'kept')
    flagLocal('INBOX', 'one', 'RS')
    unlinkSync(localFile('Projects/N&AOk-w', 'project'))
    await deliver(port, mail('five'))
    const inbox = await jmap.mailbox('inbox')
    const ids = new Map((await jmap.emails(inbox.id)).map(({ id, subject }) => [subject, id]))
    await jmap.set('Email/set', {
      update: { [ids.get('two') ?? '']: { 'keywords/$flagged': true } },
      destroy: [ids.get('three')],
    })
    await jmap.set('Mailbox/set', { create: { shelf: { name: 'Shelf' } } })
    await mbsync(account)
    expect(await remoteMessages()).toEqual({
      INBOX: ['five', 'four', 'one \\Answered \\Seen', 'two \\Flagged'],
      Drawer: ['kept'],
    })
    expect(localFile('INBOX', 'two')).toMatch(/:2,F$/)
    expect([...localMessages('INBOX').keys()]).toHaveLength(4)
    expect(localMessages('Shelf').size).toBe(0)
    const returned = await messagesIn(flow, 'Drawer')
    expect(returned.map((text) => text.replace(/X-TUID: .*\r\n/, ''))).toEqual([
      Buffer.from(mail('kept')).toString('latin1'),
    ])

    // Nothing is left to do: another run leaves both sides as they are.
    const state = (await jmap.call('Email/get', { ids: [] })).state
    const files = ['INBOX', 'Drawer', 'Projects/N&AOk-w'].map((name) => localMessages(name))
    await mbsync(account)
    expect((await jmap.call('Email/get', { ids: [] })).state).toBe(state)
    expect(['INBOX', 'Drawer', 'Projects/N&AOk-w'].map((name) => localMessages(name))).toEqual(
      files,
    )
  },
)
