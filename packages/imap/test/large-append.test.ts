import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openSpool, type Spool } from '@gatepost/spool'
import { contentsOf, SmallDisk } from '@gatepost/testkit'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

const parent = mkdtempSync(join(tmpdir(), 'gatepost-append-'))
afterAll(() => rmSync(parent, { recursive: true }))
let folder: string
let spool: Spool
let imap: ImapFixture
beforeEach(async () => {
  folder = mkdtempSync(join(parent, 'spool-'))
  spool = await openSpool({ folder, maxBytes: 40_000_000, maxMessageBytes: 10_000_000 })
})
afterEach(() => imap[Symbol.asyncDispose]())

const message = `Subject: large\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(40_000)}`

/** The file goes right behind the answer. */
async function isEmpty(): Promise<void> {
  await expect.poll(() => [readdirSync(folder), spool.usedBytes]).toEqual([[], 0])
}

it.each(['', '+'])(
  'a large message is kept byte for byte, by way of a file: {n%s}',
  async (plus) => {
    imap = await ImapFixture.open({}, spool)
    const client = await imap.user('INBOX')
    const command = `APPEND INBOX (\\Seen) {${message.length}${plus}}`
    const { status } =
      plus === '' ? await client.ok(command, message) : await client.ok(`${command}\r\n${message}`)
    expect(status).toMatch(/^OK \[APPENDUID \d+ 1\]/)
    await isEmpty()
    const inbox = await imap.mailbox('inbox')
    const [stored] = await contentsOf(imap.store.mail, imap.account.id, inbox)
    expect(stored?.toString()).toBe(message)
    await client.ok('NOOP')
  },
)

it('what cannot be added leaves no file: no such mailbox, a syntax error, a client that goes', async () => {
  imap = await ImapFixture.open({}, spool)
  const client = await imap.user()
  const literal = `{${message.length}+}\r\n${message}`
  expect((await client.ask(`APPEND nothing ${literal}`)).status).toMatch(/^NO \[TRYCREATE\]/)
  expect((await client.ask(`APPEND INBOX ${literal} x`)).status).toMatch(/^BAD/)
  // In the place of the name of a mailbox.
  expect((await client.ask(`APPEND ${literal} {1+}\r\nx`)).status).toMatch(/^(?:NO|BAD)/)
  await isEmpty()
  client.start(`APPEND INBOX {${message.length + 1}+}`)
  client.send(message)
  await expect.poll(() => readdirSync(folder)).toHaveLength(1)
  client[Symbol.dispose]()
  await isEmpty()
})

it('is refused before it comes when the account has its share of the files', async () => {
  imap = await ImapFixture.open({}, spool)
  const client = await imap.user()
  const held = spool.begin(imap.account.id)
  expect(held.reserve(18_000_000)).toBeUndefined()
  expect((await client.ask(`APPEND INBOX {${message.length}}`)).status).toBe(
    'NO [UNAVAILABLE] Server is busy, try again',
  )
  await held[Symbol.asyncDispose]()
  await client.ok(`APPEND INBOX {${message.length}}`, message)
  await isEmpty()
})

it('for which the disk has no room is refused when it has come, and the session goes on', async (context) => {
  mkdirSync(folder, { recursive: true })
  using disk = SmallDisk.mount(context, folder, { megabytes: 2 })
  expect(disk.path).toBe(folder)
  imap = await ImapFixture.open({}, spool)
  const client = await imap.user()
  const answer = await client.ask(`APPEND INBOX {${message.length}}`, message)
  expect(answer.status).toBe('NO [LIMIT] There is no room for so much content now')
  await isEmpty()
  await client.ok('APPEND INBOX {6+}\r\nA: b\r\n')
})
