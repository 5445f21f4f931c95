import { join } from 'node:path'

import type { AccountId } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { ImapServer } from '../../src/transfer/imap/imap-connection.ts'
import { importImap } from '../../src/transfer/import-mail.ts'
import type { TransferSummary } from '../../src/transfer/transfer-summary.ts'
import { runCommand } from '../support/run-command.ts'
import {
  type Misbehaviour,
  type ScriptedMailbox,
  ScriptedImapServer,
} from '../support/scripted-imap-server.ts'
import { MailBench } from './mail-bench.ts'

const timeoutMs = 60_000
/** Which of the two it is depends on the machine. */
const overdue = /it takes more than|it has said nothing/

let bench: MailBench
let me: AccountId
let resources: AsyncDisposableStack

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  bench = resources.use(await MailBench.open())
  me = await bench.addAccount('me')
})
afterEach(() => resources.disposeAsync())

const row = (subject: string): [string, string] => {
  const text = `Subject: ${subject}\r\n\r\nbody\r\n`
  return [`FLAGS () INTERNALDATE "01-Jul-2025 10:00:00 +0200" RFC822.SIZE ${text.length}`, text]
}
const inbox = (...subjects: string[]): ScriptedMailbox => ({
  attributes: '',
  messages: subjects.map(row),
})

function serve(
  misbehave: Misbehaviour,
  mailboxes: Readonly<Record<string, ScriptedMailbox>> = { INBOX: inbox('one', 'two', 'three') },
  more: { readonly greeting?: string; readonly capabilities?: string } = {},
): Promise<ScriptedImapServer> {
  const { capabilities = 'SPECIAL-USE', ...rest } = more
  return ScriptedImapServer.start(capabilities, mailboxes, { misbehave, ...rest }).then((server) =>
    resources.use(server),
  )
}

function importFrom(
  { port }: ScriptedImapServer,
  more: Partial<ImapServer> = {},
): Promise<TransferSummary> {
  return importImap({
    mail: bench.store.mail,
    account: me,
    prefix: [],
    journalPath: join(bench.folder, 'journal'),
    server: {
      host: '127.0.0.1',
      port,
      security: 'plain',
      user: 'me',
      password: 'secret password',
      patienceMs: 2_000,
      ...more,
    },
  })
}

/** Writes as fast as it is read, until the connection ends. */
function flood({ socket }: Parameters<Misbehaviour>[1], text: string): true {
  const block = text.repeat(Math.ceil(65_536 / text.length))
  const write = (): void => {
    while (!socket.destroyed && socket.write(block));
  }
  socket.on('drain', write)
  write()
  return true
}

/** An octet now and then, for ever. */
function drip({ socket }: Parameters<Misbehaviour>[1], begin = '* '): true {
  socket.write(begin)
  const timer = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => clearInterval(timer))
  return true
}

/** Whether a FETCH is for the content of this UID. */
const asksFor = (uid: number, rest: string): boolean => {
  if (!rest.includes('BODY')) return false
  return (rest.split(' ')[0] ?? '').split(',').some((range) => {
    const [from = 0, to = from] = range.split(':').map(Number)
    return from <= uid && uid <= to
  })
}

/** Not the question for the delimiter. */
const listsMailboxes: Misbehaviour = (command, { rest }) =>
  command === 'LIST' && !rest.endsWith('""')

describe('a server that does not let an import come to an end', () => {
  it.each<[string, Misbehaviour, RegExp]>([
    ['never answers LOGIN', (command) => command === 'LOGIN', overdue],
    ['never answers LIST', listsMailboxes, overdue],
    ['drips LIST', (command, to) => listsMailboxes(command, to) && drip(to), overdue],
    [
      'greets without end',
      (command, to) => command === 'LOGIN' && flood(to, '* OK hello\r\n'),
      /more than 1 MiB/,
    ],
    [
      'lists without end',
      (command, to) =>
        listsMailboxes(command, to) && flood(to, '* LIST () "/" "some mailbox name"\r\n'),
      /more than 8 MiB/,
    ],
    [
      'lists a name without end',
      (command, to) =>
        listsMailboxes(command, to) && flood(to, '* LIST () "/" "some'.replaceAll('*', 'x')),
      /more than 8 MiB/,
    ],
    [
      'refuses LIST',
      (command, to) =>
        listsMailboxes(command, to) && to.socket.write(`${to.tag} NO not today\r\n`) !== undefined,
      /not today/,
    ],
  ])(
    '%s: it is left, with a sentence',
    async (_, misbehave, reason) => {
      const patienceMs = reason === overdue ? 200 : 30_000
      const server = await serve(misbehave)
      await expect(importFrom(server, { patienceMs })).rejects.toMatchObject({
        name: 'TransferRefusal',
        message: expect.stringMatching(reason) as string,
      })
    },
    timeoutMs,
  )

  it(
    'hangs at one message: the others come, and it is asked for again',
    async () => {
      let isHanging = true
      const server = await serve((command, to) => {
        if (!isHanging || command !== 'UID FETCH' || !asksFor(2, to.rest)) return false
        const [items, text] = row('one')
        if (asksFor(1, to.rest))
          to.socket.write(`* 1 FETCH (UID 1 ${items} BODY[] {${text.length}}\r\n${text})\r\n`)
        return drip(to, '* 2 FETCH (UID 2 BODY[] {9000}\r\n')
      })
      const summary = await importFrom(server)
      expect(summary).toMatchObject({ messages: 2, failed: 1, stoppedBy: null })
      expect(summary.failures[0]?.where).toBe('INBOX 2')
      expect(summary.failures[0]?.reason).toMatch(overdue)
      isHanging = false
      expect(await importFrom(server)).toMatchObject({ messages: 1, earlier: 2, failed: 0 })
      expect(await bench.subjects(me, 'INBOX')).toEqual(['one', 'three', 'two'])
    },
    timeoutMs,
  )

  it.each<[string, Misbehaviour]>([
    ['SEARCH', (command) => command === 'UID SEARCH'],
    ['FETCH', (command) => command === 'UID FETCH'],
    [
      'FETCH, with messages that nobody asked for',
      (command, to) =>
        command === 'UID FETCH' && flood(to, '* 9 FETCH (UID 9 FLAGS () BODY[] {3}\r\nabc)\r\n'),
    ],
    [
      'everything after each new connection',
      (command, { socket }) => command === 'EXAMINE' && !socket.destroy().readable,
    ],
  ])(
    'never ends %s: the import does',
    async (_, misbehave) => {
      const summary = await importFrom(await serve(misbehave), { patienceMs: 300 })
      expect(summary).toMatchObject({ messages: 0 })
      expect(summary.failed + (summary.stoppedBy === null ? 0 : 1)).toBeGreaterThan(0)
    },
    timeoutMs,
  )

  it(
    'does not take leave: everything had been imported',
    async () => {
      const server = await serve((command) => command === 'LOGOUT')
      expect(await importFrom(server)).toMatchObject({ messages: 3, failed: 0 })
    },
    timeoutMs,
  )
})

describe('a server whose numbers are wrong', () => {
  it.each<[string, Misbehaviour]>([
    [
      'a literal of 4 GiB',
      (command, { socket, rest }) =>
        command === 'UID FETCH' &&
        asksFor(2, rest) &&
        socket.write('* 2 FETCH (UID 2 BODY[] {4294967296}\r\n') !== undefined,
    ],
    [
      'a literal that is not a number',
      (command, { socket, rest, tag }) =>
        command === 'UID FETCH' &&
        asksFor(2, rest) &&
        socket.write(`* 2 FETCH (UID 2 BODY[] {1e9999}\r\n${tag} OK\r\n`) !== undefined,
    ],
  ])(
    '%s costs that message alone',
    async (_, misbehave) => {
      const summary = await importFrom(await serve(misbehave), { patienceMs: 2_000 })
      expect(summary).toMatchObject({ messages: 2, failed: 1, stoppedBy: null })
      expect(await bench.subjects(me, 'INBOX')).toEqual(['one', 'three'])
    },
    timeoutMs,
  )

  it('EXISTS, and UIDs that are 0, beyond 32 bits, and always the same', async () => {
    const server = await serve((command, { socket, tag }) => {
      if (command === 'EXAMINE')
        socket.write(
          `* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 0] .\r\n${tag} OK .\r\n`,
        )
      else if (command === 'UID SEARCH')
        socket.write(
          `* SEARCH 0 1 1 1 -1 4294967296 99999999999999999999 1e400 NIL x\r\n* SEARCH 1 3\r\n${tag} OK .\r\n`,
        )
      else return false
      return true
    })
    expect(await importFrom(server)).toMatchObject({ messages: 2, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['one', 'three'])
  })

  it('a message that is larger than it was said to be', async () => {
    const text = `Subject: big\r\n\r\n${'x'.repeat(1_000_000)}\r\n`
    const mailbox = { attributes: '', messages: [['FLAGS () RFC822.SIZE 1', text] as const] }
    expect(await importFrom(await serve(() => false, { INBOX: mailbox }))).toMatchObject({
      messages: 1,
      failed: 0,
    })
  })

  it(
    'UIDVALIDITY is another one on the next connection: nothing is taken for what it is not',
    async () => {
      let validity = 7
      const server = await serve((command, { socket, tag, rest }) => {
        if (command === 'EXAMINE') {
          socket.write(`* 3 EXISTS\r\n* OK [UIDVALIDITY ${validity}] .\r\n${tag} OK .\r\n`)
          return true
        }
        if (command !== 'UID FETCH' || !rest.includes('BODY') || validity !== 7) return false
        const [items, text] = row('one')
        socket.end(`* 1 FETCH (UID 1 ${items} BODY[] {${text.length}}\r\n${text})\r\n`)
        validity = 8
        return true
      })
      const summary = await importFrom(server, { patienceMs: 5_000 })
      expect(summary.messages).toBe(1)
      expect(summary.stoppedBy).toContain('was made anew')
      const again = await importFrom(server, { patienceMs: 5_000 })
      expect(again.failures[0]?.reason).toContain('UIDVALIDITY')
      expect(await bench.subjects(me, 'INBOX')).toEqual(['one'])
    },
    timeoutMs,
  )

  it(
    'names of mailboxes that are no names: they are told of, and the others come',
    async () => {
      const deep = Array.from({ length: 1_000 }, () => 'a').join('/')
      const server = await serve(() => false, {
        INBOX: inbox('in'),
        [deep]: inbox('deep'),
        ['n'.repeat(260)]: inbox('long'),
        '..': inbox('dots'),
      })
      const summary = await importFrom(server, { patienceMs: 5_000 })
      expect(summary.stoppedBy).toBeNull()
      expect(await bench.subjects(me, 'INBOX')).toEqual(['in'])
      expect(summary).toMatchObject({ messages: 2, failed: 2 })
      expect(await bench.subjects(me, '..')).toEqual(['dots'])
    },
    timeoutMs,
  )
})

describe('a server, or somebody between, that wants the password in the clear', () => {
  const starttls = { security: 'starttls', patienceMs: 5_000 } as const

  it.each<[string, Misbehaviour, { greeting?: string; capabilities?: string }, string]>([
    ['has no STARTTLS', () => false, {}, 'STARTTLS'],
    ['greets as if the user had logged in', () => false, { greeting: 'PREAUTH' }, 'STARTTLS'],
    [
      'refuses STARTTLS',
      (command, { socket, tag }) =>
        command === 'STARTTLS' && socket.write(`${tag} NO\r\n`) !== undefined,
      { capabilities: 'STARTTLS' },
      'STARTTLS',
    ],
    [
      'adds an answer behind that to STARTTLS',
      (command, { socket, tag }) =>
        command === 'STARTTLS' &&
        socket.write(`${tag} OK\r\n* OK [CAPABILITY IMAP4rev1] injected\r\n`) !== undefined,
      { capabilities: 'STARTTLS' },
      '',
    ],
  ])(
    '%s: it is refused',
    async (_, misbehave, more, reason) => {
      const server = await serve(misbehave, undefined, more)
      const refusal = expect(importFrom(server, starttls)).rejects
      await refusal.toMatchObject({
        name: 'TransferRefusal',
        message: expect.stringContaining(reason) as string,
      })
      expect(server.lines.join('\n')).not.toMatch(/secret|LOGIN|AUTHENTICATE/)
    },
    timeoutMs,
  )
})

describe('what a server says', () => {
  it(
    'commands the terminal of the operator in no way',
    async () => {
      const evil = 'x\u001b]0;owned\u0007\u001b[2J\u009b2Jy\u202e'
      const server = await serve(
        (command, { socket, tag, rest }) =>
          (command === 'EXAMINE' && rest.includes('Bad')
            ? socket.write(`${tag} NO [ALERT] ${evil}\r\n`)
            : undefined) !== undefined,
        { INBOX: inbox('in'), [`Bad${evil}`]: inbox('out') },
      )
      const run = (...more: string[]): ReturnType<typeof runCommand> =>
        runCommand(
          join(bench.folder, 'gatepost.toml'),
          [
            'store',
            'import',
            'me@example.test',
            '--imap=127.0.0.1',
            '--user=me',
            `--port=${server.port}`,
            '--insecure',
            ...more,
          ],
          { GATEPOST_IMAP_PASSWORD: 'x' },
        )
      for (const more of [[], ['--json']]) {
        const { code, out, error } = await run(...more)
        expect(code).toBe(1)
        expect(error).toContain('Bad')
        expect(out + error).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      }
    },
    timeoutMs,
  )
})
