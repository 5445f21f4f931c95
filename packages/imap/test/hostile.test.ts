import { LineClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

let imap: ImapFixture
beforeAll(async () => {
  imap = await ImapFixture.open()
  await imap.add('Subject: one\n\nx')
})
afterAll(() => imap[Symbol.asyncDispose]())

/** What made the stock imap-core of WildDuck fail, and must not make us: facts found by trying. */
describe('input that stops other servers', () => {
  it.each([
    'LOGIN NIL NIL',
    'ID (NIL)',
    'ID (NIL NIL)',
    'AUTHENTICATE NIL',
    'AUTHENTICATE PLAIN NIL',
    'LOGIN () ()',
    'NOOP NIL',
    'STARTTLS NIL',
    'CAPABILITY (((((',
  ])('is answered before the login: %s', async (command) => {
    const client = await imap.client()
    expect((await client.ask(command)).status).toMatch(/^(BAD|NO|OK)/)
    await client.ok('NOOP')
  })

  it.each([
    ['LSUB "" ""', /^OK/],
    ['ENABLE', /^BAD/],
    ['ENABLE NIL', /^BAD/],
    ['LIST NIL NIL NIL', /^BAD/],
    ['APPEND NIL NIL', /^BAD/],
    ['APPEND INBOX NIL {1+}\r\nx', /^BAD/],
    ['STATUS NIL NIL', /^BAD/],
    ['STATUS INBOX (NIL)', /^BAD/],
    ['FETCH 1 NIL', /^BAD/],
    ['FETCH NIL FLAGS', /^BAD/],
    ['FETCH 1 (NIL)', /^BAD/],
    ['FETCH 1 BODY[NIL]', /^BAD/],
    ['SEARCH NIL NIL', /^BAD/],
    ['SEARCH HEADER NIL NIL', /^OK/],
    ['STORE 1 NIL NIL', /^BAD/],
    ['STORE 1 FLAGS NIL', /^OK/],
    ['COPY NIL NIL', /^BAD/],
    ['MOVE 1 NIL', /^NO/],
    ['UID EXPUNGE NIL', /^BAD/],
    ['SELECT NIL', /^NO/],
    ['SELECT INBOX (NIL)', /^BAD/],
    ['CREATE ()', /^BAD/],
    ['RENAME INBOX', /^BAD/],
    ['UID', /^BAD/],
    ['UID NONSENSE 1', /^BAD/],
    ['FETCH 4294967296 FLAGS', /^BAD/],
    ['FETCH 99999999999999999999:* FLAGS', /^BAD/],
    ['SEARCH ' + 'NOT '.repeat(200) + 'ALL', /^BAD/],
    ['SEARCH ' + '('.repeat(200) + 'ALL' + ')'.repeat(200), /^BAD/],
    ['FETCH 1 BODY[' + '1.'.repeat(300) + '1]', /^BAD/],
  ])('is answered with a mailbox selected: %s', async (command, status) => {
    const client = await imap.user('INBOX')
    expect((await client.ask(command)).status).toMatch(status)
    expect((await client.ok('NOOP')).untagged).toEqual([])
  })

  it('survives clients that reset, at the greeting, in a literal and in IDLE', async () => {
    const connections = Array.from({ length: 30 }, async (_unused, index) => {
      const client = await imap.client('imap')
      client.send(['', 'a LOGIN {100+}\r\nabc', 'a NOOP\r\n'][index % 3] ?? '')
      client.lines.socket.resetAndDestroy()
    })
    await Promise.all(connections)
    const idling = await imap.user('INBOX')
    idling.send('i IDLE\r\n')
    await idling.response()
    idling.lines.socket.destroy()
    const client = await imap.user('INBOX')
    expect((await client.ok('NOOP')).untagged).toEqual([])
  })

  it('matches patterns in bounded time', async () => {
    const client = await imap.user()
    await client.ok(`CREATE "${'a'.repeat(120)}"`)
    const { untagged } = await client.ok('LIST "" "%a%a%a%a%a%a%a%a%a%a%a%a%b"')
    expect(untagged).toEqual([])
    await client.ok(`LIST "" "${'*a'.repeat(240)}"`)
    expect((await client.ask(`LIST "" "${'*a'.repeat(2000)}"`)).status).toMatch(/^BAD/)
  })

  it.each([
    ['before the login', 5000, /^NO \[TOOBIG\]/],
    ['of any size at all', 9_999_999_999, /^NO \[TOOBIG\]/],
  ])('refuses literals %s before their bytes come', async (_name, size, status) => {
    const client = await imap.client()
    expect((await client.ask(`LOGIN {${size}}`)).status).toMatch(status)
    await client.ok('NOOP')
  })

  it.each(['LOGIN {-1}', 'LOGIN {99999999999}', 'LOGIN {a}', 'LOGIN {1'])(
    'takes %s for no literal',
    async (command) => {
      const client = await imap.client()
      expect((await client.ask(command)).status).toMatch(/^BAD/)
    },
  )

  it('cuts off a line without an end', async () => {
    using client = new LineClient({
      port: imap.ports.imaps,
      isImplicitTls: true,
      localAddress: '127.0.0.41',
    })
    await client.line()
    client.send('a'.repeat(70_000))
    expect(await client.line()).toBe('* BYE Command line too long')
    expect(await client.line()).toBeUndefined()
    const event = imap.security
      .of('protocolAbuse')
      .find(({ context }) => context.ip === '127.0.0.41')
    expect(event?.event).toMatchObject({ kind: 'line_too_long' })
  })
})

describe('a reader that does not read', () => {
  it('makes the server wait, not remember', async () => {
    await using own = await ImapFixture.open()
    const size = 1_000_000
    for (let i = 0; i < 8; i += 1)
      await own.add(Buffer.concat([Buffer.from(`Subject: ${i}\r\n\r\n`), Buffer.alloc(size, 120)]))
    const slow = await own.user('INBOX')
    slow.lines.socket.pause()
    const before = process.memoryUsage()
    for (let i = 0; i < 20; i += 1) slow.start('FETCH 1:8 BODY.PEEK[]')
    // Somebody else is served meanwhile, many times over.
    const other = await own.user('INBOX')
    for (let i = 0; i < 50; i += 1) await other.ok('FETCH 1:8 (FLAGS RFC822.SIZE)')
    const after = process.memoryUsage()
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20 * size)
  })
})

it('a loop of NOOPs before a login ends, and is told of', async () => {
  await using server = await ImapFixture.open({ maxCommandsBeforeLogin: 5 })
  const client = await server.client()
  for (let count = 0; count < 5; count += 1) await client.ok('NOOP')
  client.start('NOOP')
  expect(await client.response()).toBe('* BYE Too many commands before a login')
  expect(server.security.of('protocolAbuse')).toMatchObject([{ event: { kind: 'idle_commands' } }])
  const user = await server.user()
  for (let count = 0; count < 20; count += 1) await user.ok('NOOP')
})
