import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { AccountId, MailStore } from '@gatepost/core'
import { makeSelfSignedCertificate } from '@gatepost/gate'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'

import type { ImapServer } from '../../src/transfer/imap/imap-connection.ts'
import { importImap } from '../../src/transfer/import-mail.ts'
import type { TransferSummary } from '../../src/transfer/transfer-summary.ts'
import { requirePrograms } from '../mail/support/external-program.ts'
import { DovecotServer } from '../support/dovecot-server.ts'
import { type CommandResult, runCommand } from '../support/run-command.ts'
import { type ScriptedMailbox, ScriptedImapServer } from '../support/scripted-imap-server.ts'
import { password, TestServer } from '../support/test-server.ts'
import { endingAt } from './ending-store.ts'
import { MailBench } from './mail-bench.ts'

let bench: MailBench
let me: AccountId
let resources: AsyncDisposableStack
let certificate: string

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  bench = resources.use(await MailBench.open())
  me = await bench.addAccount('me')
})
afterEach(() => resources.disposeAsync())

async function dovecot(
  context: TestContext,
  options: Omit<Parameters<typeof DovecotServer.start>[0], 'certificate' | 'key'> = {},
): Promise<DovecotServer> {
  requirePrograms(context, 'dovecot')
  const made = await makeSelfSignedCertificate(['localhost', '127.0.0.1'], Date.now())
  ;({ certificate } = made)
  return resources.use(await DovecotServer.start({ ...made, ...options }))
}

function importFrom(
  { ports, user, password: theirs }: DovecotServer,
  more: { readonly mail?: MailStore; readonly server?: Partial<ImapServer> } = {},
): Promise<TransferSummary> {
  return importImap({
    mail: more.mail ?? bench.store.mail,
    account: me,
    prefix: [],
    journalPath: join(bench.folder, 'journal'),
    server: {
      host: '127.0.0.1',
      port: ports.tls,
      security: 'tls',
      user,
      password: theirs,
      certificates: certificate,
      ...more.server,
    },
  })
}

const text = (subject: string): string => `Subject: ${subject}\r\n\r\nbody of ${subject}\r\n`

async function gatepost(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const config = join(bench.folder, 'gatepost.toml')
  return runCommand(config, ['store', 'import', ...args], environment)
}

describe('an import from Dovecot', () => {
  it('brings mailboxes, their use, flags, keywords and dates', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    const at = new Date('2020-02-03T04:05:06Z')
    await flow.append('INBOX', text('one'), ['\\Seen', '\\Flagged', '$Label1', 'Work'], at)
    await flow.append('INBOX', text('two'), ['\\Deleted', '$Forwarded'], at)
    await flow.append('Gesendete Post', text('out'), ['\\Answered'], at)
    await flow.mailboxCreate('Entwürfe & Ideen')
    await flow.append('Entwürfe & Ideen', text('idea'), ['\\Draft'], at)
    await flow.mailboxCreate('Work/Plans/日本')
    await flow.append('Work/Plans/日本', text('far'), [], at)
    await flow.mailboxCreate('Empty')
    await flow.mailboxUnsubscribe('Empty')
    await flow.logout()
    expect(await importFrom(server)).toMatchObject({ messages: 5, failed: 0, skippedCount: 0 })
    const seen = await bench.see(me)
    const inbox = seen.find(({ path }) => path === 'INBOX')
    expect(inbox?.messages).toEqual([
      {
        content: text('one'),
        keywords: ['$flagged', '$label1', '$seen', 'work'],
        isDeleted: false,
        receivedAt: at.getTime(),
        zoneMinutes: 0,
      },
      {
        content: text('two'),
        keywords: ['$forwarded'],
        isDeleted: true,
        receivedAt: at.getTime(),
        zoneMinutes: 0,
      },
    ])
    expect(await bench.spellings(me)).toEqual(['$Forwarded', '$Label1', 'Work'])
    expect(await bench.subjects(me, 'Sent')).toEqual(['out'])
    expect(await bench.subjects(me, 'Entwürfe & Ideen')).toEqual(['idea'])
    expect(await bench.subjects(me, 'Work/Plans/日本')).toEqual(['far'])
    expect(seen.map(({ path }) => path)).toContain('Empty')
    expect(seen.find(({ path }) => path === 'Empty')?.isSubscribed).toBe(false)
    expect(seen.map(({ path }) => path)).not.toContain('Gesendete Post')
  })

  it('with another delimiter, and all mailboxes below INBOX', async (context) => {
    const server = await dovecot(context, { separator: '.', prefix: 'INBOX.' })
    const flow = await server.connect()
    await flow.append('INBOX', text('in'))
    await flow.mailboxCreate('INBOX.Work.Plans')
    await flow.append('INBOX.Work.Plans', text('plan'))
    await flow.append('INBOX.Gesendete Post', text('out'))
    await flow.logout()
    expect(await importFrom(server)).toMatchObject({ messages: 3, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['in'])
    expect(await bench.subjects(me, 'Work/Plans')).toEqual(['plan'])
    expect(await bench.subjects(me, 'Sent')).toEqual(['out'])
  })

  it('keeps the zone of a date: it became UTC', async (context) => {
    const server = await dovecot(context, { timeZone: 'XYZ-5:30' })
    const flow = await server.connect()
    const at = new Date('2020-02-03T04:05:06Z')
    await flow.append('INBOX', text('one'), [], at)
    await flow.logout()
    expect(await importFrom(server)).toMatchObject({ messages: 1, failed: 0 })
    expect((await bench.see(me)).find(({ path }) => path === 'INBOX')?.messages).toMatchObject([
      { receivedAt: at.getTime(), zoneMinutes: 330 },
    ])
  })

  it('is taken up after an interruption, and adds what is new, without doubling', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    const expected = Array.from({ length: 250 }, (_, at) => `n${at}`)
    for (const subject of expected) await flow.append('INBOX', text(subject))
    expect(await importFrom(server, { mail: endingAt(bench.store.mail, 2, true) })).toMatchObject({
      stoppedBy: 'the process has ended',
    })
    expect(await bench.subjects(me, 'INBOX')).toHaveLength(200)
    expect(await importFrom(server)).toMatchObject({ messages: 50, earlier: 200, stoppedBy: null })
    await flow.append('INBOX', text('new'))
    await flow.logout()
    expect(await importFrom(server)).toMatchObject({ messages: 1, earlier: 250 })
    expect(await bench.subjects(me, 'INBOX')).toEqual([...expected, 'new'])
  })

  it('tells that a mailbox was made anew since, whose UIDs mean something else', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    await flow.mailboxCreate('Work')
    await flow.append('Work', text('old'))
    await importFrom(server)
    await flow.mailboxDelete('Work')
    await flow.mailboxCreate('Work')
    await flow.append('Work', text('other'))
    await flow.logout()
    const summary = await importFrom(server)
    expect(summary).toMatchObject({ messages: 0, failed: 1 })
    expect(summary.failures[0]?.where).toBe('Work')
    expect(summary.failures[0]?.reason).toContain('UIDVALIDITY')
    expect(await bench.subjects(me, 'Work')).toEqual(['old'])
  })

  it('brings a message of any size, byte for byte', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    const large = `${text('large')}${`${'x'.repeat(998)}\r\n`.repeat(12_000)}`
    await flow.append('INBOX', text('before'))
    await flow.append('INBOX', large)
    await flow.append('INBOX', text('after'))
    await flow.logout()
    expect(await importFrom(server)).toMatchObject({ messages: 3, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['before', 'large', 'after'])
    expect(
      (await bench.see(me)).find(({ path }) => path === 'INBOX')?.messages[1]?.content === large,
    ).toBe(true)
  })

  it('counts a message that cannot be fetched, says so, and goes on', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    for (const subject of ['one', 'two', 'three']) await flow.append('INBOX', text(subject))
    await flow.logout()
    server.damage('body of two')
    const summary = await importFrom(server)
    expect(summary).toMatchObject({ messages: 2, failed: 1, stoppedBy: null })
    expect(summary.failures[0]?.where).toBe('INBOX 2')
    expect(await bench.subjects(me, 'INBOX')).toEqual(['one', 'three'])
    server.repair()
    expect(await importFrom(server)).toMatchObject({ messages: 1, earlier: 2, failed: 0 })
  })

  it('goes over STARTTLS, and without encryption where that is asked for', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    const port = server.ports.plain
    await flow.append('INBOX', text('one'))
    const upgraded = { security: 'starttls', port } as const
    expect(await importFrom(server, { server: upgraded })).toMatchObject({ messages: 1 })
    await flow.append('INBOX', text('two'))
    await flow.logout()
    const plain = { security: 'plain', port } as const
    expect(await importFrom(server, { server: plain })).toMatchObject({ messages: 1, earlier: 1 })
  })
})

const row = (subject: string, labels = ''): [string, string] => [
  `FLAGS (\\Seen) INTERNALDATE "01-Jul-2025 10:00:00 +0200" RFC822.SIZE ${text(subject).length}${labels === '' ? '' : ` X-GM-LABELS (${labels})`}`,
  text(subject),
]

async function importScripted(
  capabilities: string,
  mailboxes: Readonly<Record<string, ScriptedMailbox>>,
): Promise<TransferSummary> {
  const { port } = resources.use(await ScriptedImapServer.start(capabilities, mailboxes))
  const server = {
    host: '127.0.0.1',
    port,
    security: 'plain',
    user: 'me',
    password: 'x',
  } as const
  const journalPath = join(bench.folder, 'journal')
  return importImap({ mail: bench.store.mail, account: me, prefix: [], journalPath, server })
}

describe('an import from a server with mailboxes that show the mail of others', () => {
  it('leaves them out, and says so', async () => {
    const summary = await importScripted('SPECIAL-USE', {
      INBOX: { attributes: '', messages: [row('in')] },
      Everything: { attributes: '\\All', messages: [row('in')] },
      Stars: { attributes: '\\Flagged', messages: [row('in')] },
    })
    expect(summary).toMatchObject({ messages: 1, failed: 0, skippedCount: 2 })
    expect(summary.skipped.map(({ where }) => where).toSorted()).toEqual(['Everything', 'Stars'])
    expect(await bench.subjects(me, 'INBOX')).toEqual(['in'])
  })

  it('takes the labels of Gmail instead of a copy for each of them', async () => {
    const summary = await importScripted('SPECIAL-USE X-GM-EXT-1', {
      INBOX: { attributes: '', messages: [row('in')] },
      'Work/Plans': { attributes: '', messages: [row('in')] },
      '[Gmail]/Alle Nachrichten': {
        attributes: '\\All',
        messages: [
          row('in', '"\\\\Inbox" "\\\\Important" Work/Plans'),
          row('out', '"\\\\Sent" "\\\\Starred"'),
          row('kept'),
        ],
      },
      '[Gmail]/Spam': { attributes: '\\Junk', messages: [row('bad')] },
      '[Gmail]/Papierkorb': { attributes: '\\Trash', messages: [row('gone')] },
    })
    expect(summary).toMatchObject({ messages: 5, failed: 0, skippedCount: 0 })
    const seen = (await bench.see(me)).filter(({ messages }) => messages.length > 0)
    expect(await bench.allSubjects(me)).toEqual([
      ['Archive', 'kept'],
      ['INBOX', 'in'],
      ['Junk', 'bad'],
      ['Sent', 'out'],
      ['Trash', 'gone'],
      ['Work/Plans', 'in'],
    ])
    expect(seen[1]?.messages[0]?.keywords).toEqual(['$important', '$seen'])
    expect(seen[3]?.messages[0]?.keywords).toEqual(['$flagged', '$seen'])
  })
})

describe('an import from Gatepost itself', () => {
  it('brings the same as there was', async () => {
    const server = resources.use(await TestServer.start())
    const { directory, mail } = server.running.store
    const theirs = (await directory.login('me@example.test'))?.access.account.id
    if (theirs === undefined) throw new Error('no account')
    const [inbox] = await mail.read(theirs, ({ mailboxes }) => mailboxes.list())
    if (inbox === undefined) throw new Error('no mailbox')
    await mail.transact(theirs, [
      {
        op: 'addEmail',
        mailboxIds: [inbox.id],
        keywords: ['$seen', 'NonJunk'],
        receivedAt: 1_600_000_000_000,
        zoneMinutes: -210,
        content: Buffer.from(text('one')),
      },
    ])
    const summary = await importImap({
      mail: bench.store.mail,
      account: me,
      prefix: ['Old'],
      journalPath: join(bench.folder, 'journal'),
      server: {
        host: '127.0.0.1',
        port: server.port('imaps'),
        security: 'tls',
        user: 'me@example.test',
        password,
        certificates: server.certificate,
      },
    })
    expect(summary).toMatchObject({ messages: 1, failed: 0, skippedCount: 0 })
    expect((await bench.see(me)).find(({ path }) => path === 'Old/INBOX')?.messages).toEqual([
      {
        content: text('one'),
        keywords: ['$seen', 'nonjunk'],
        isDeleted: false,
        receivedAt: 1_600_000_000_000,
        zoneMinutes: -210,
      },
    ])
    expect(await bench.spellings(me)).toEqual(['NonJunk'])
  })
})

describe('gatepost store import --imap', () => {
  it('takes the password from a file or the environment, and leaves it nowhere', async (context) => {
    const server = await dovecot(context)
    const flow = await server.connect()
    await flow.append('INBOX', text('one'))
    await flow.logout()
    bench.write({ password: `${server.password}\n`, 'ca.pem': certificate })
    const to = ['me@example.test', '--imap', '127.0.0.1', '--port', String(server.ports.tls)]
    const args = [...to, '--user', server.user, '--ca', join(bench.folder, 'ca.pem')]
    const result = await gatepost([...args, '--password-file', join(bench.folder, 'password')])
    expect(result).toMatchObject({ code: 0, error: '' })
    expect(result.out).toBe(
      `imported 1 messages (0.0 MB) from imap://old%40example.test@127.0.0.1:${server.ports.tls} into 2 mailboxes of me@example.test\n`,
    )
    const again = await gatepost(args, { GATEPOST_IMAP_PASSWORD: server.password })
    expect(again.out).toContain('; 1 had been done before')
    for (const name of readdirSync(join(bench.data, 'imports')))
      expect(readFileSync(join(bench.data, 'imports', name)).includes(server.password)).toBe(false)
  })

  it('says why it cannot get in, with exit code 1', async (context) => {
    const server = await dovecot(context)
    bench.write({ 'ca.pem': certificate })
    const to = ['me@example.test', '--imap', '127.0.0.1', '--user', server.user]
    const tls = [...to, '--port', String(server.ports.tls)]
    const plain = [...to, '--port', String(server.ports.plain)]
    const ca = ['--ca', join(bench.folder, 'ca.pem')]
    const refusals: [readonly string[], string, string][] = [
      [[...tls, ...ca], 'wrong', 'the user name or the password is refused'],
      [tls, server.password, 'its certificate is not trusted'],
      [plain, server.password, 'no TLS is spoken there'],
      [[...to, '--port', '1'], server.password, 'ECONNREFUSED'],
      [[...to, '--port', '0'], server.password, '0 is no port'],
      [[...tls, '--tls', '--insecure'], server.password, 'give one of --tls'],
      [tls, '', 'no password for the other server'],
      [tls.slice(0, 3), server.password, 'say who you are there'],
      [[...tls, '--mbox', 'x'], server.password, 'one of --maildir, --mbox and --imap'],
    ]
    for (const [args, theirs, reason] of refusals) {
      const result = await gatepost(args, { GATEPOST_IMAP_PASSWORD: theirs })
      expect(result).toMatchObject({ code: 1, out: '' })
      expect(result.error).toContain(reason)
      expect(result.error).not.toContain('    at ')
    }
  })
})
