import type { ImapClient } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

let imap: ImapFixture
let client: ImapClient
beforeEach(async () => {
  imap = await ImapFixture.open()
  for (const subject of ['one', 'two', 'three', 'four'])
    await imap.add(`Subject: ${subject}\n\nbody of ${subject}`)
  client = await imap.user('INBOX')
})
afterEach(() => imap[Symbol.asyncDispose]())

describe('keywords', () => {
  const system = '\\Answered \\Flagged \\Deleted \\Seen \\Draft'

  it('keep their first spelling, and are found in any case', async () => {
    expect((await client.ok('STORE 1 +FLAGS ($Label1 Projekt-A)')).untagged).toEqual([
      `* FLAGS (${system} $Label1 Projekt-A)`,
      `* OK [PERMANENTFLAGS (${system} $Label1 Projekt-A \\*)] Flags permitted`,
      '* 1 FETCH (UID 1 FLAGS ($Label1 Projekt-A))',
    ])
    expect((await client.ok('STORE 2 +FLAGS ($LABEL1)')).untagged).toEqual([
      '* 2 FETCH (UID 2 FLAGS ($Label1))',
    ])
    expect((await client.ok('SEARCH KEYWORD $label1')).untagged).toEqual(['* SEARCH 1 2'])
    await client.ok('STORE 1 -FLAGS ($LABEL1)')
    expect((await client.ok('FETCH 1 FLAGS')).untagged).toEqual(['* 1 FETCH (FLAGS (Projekt-A))'])
    const inbox = await imap.mailbox('inbox')
    const stored = await imap.store.mail.read(imap.account.id, ({ memberships }) =>
      memberships.page(inbox, 0, 2),
    )
    expect(stored.map(({ keywords }) => keywords)).toEqual([['projekt-a'], ['$label1']])
  })

  it('are told at SELECT, and in other sessions before they are shown', async () => {
    const other = await imap.user('INBOX')
    await client.ok('STORE 1 +FLAGS.SILENT (Work)')
    expect((await other.ok('NOOP')).untagged).toEqual([
      `* FLAGS (${system} Work)`,
      `* OK [PERMANENTFLAGS (${system} Work \\*)] Flags permitted`,
      '* 1 FETCH (UID 1 FLAGS (Work))',
    ])
    expect((await other.ok('NOOP')).untagged).toEqual([])
    await client.ok('APPEND INBOX (Play) {1+}\r\nx')
    expect((await other.ok('FETCH 1 FLAGS')).untagged.slice(0, 1)).toEqual([
      `* FLAGS (${system} Work Play)`,
    ])
    expect((await other.ok('SELECT Archive')).untagged.slice(0, 2)).toEqual([
      `* FLAGS (${system} Work Play)`,
      `* OK [PERMANENTFLAGS (${system} Work Play \\*)] Flags permitted`,
    ])
    expect((await other.ok('EXAMINE INBOX')).untagged.slice(0, 2)).toEqual([
      `* FLAGS (${system} Work Play)`,
      '* OK [PERMANENTFLAGS ()] Read-only',
    ])
  })

  it('that another protocol gave are shown as clients know them', async () => {
    await imap.add('Subject: x\n\nx', { keywords: ['$forwarded', 'own'] })
    await client.ok('NOOP')
    expect((await client.ok('FETCH 5 FLAGS')).untagged).toContain(
      '* 5 FETCH (FLAGS ($Forwarded own))',
    )
  })

  it('are listed up to 256 of an account, and all work', async () => {
    for (let at = 0; at < 3; at += 1) {
      const keywords = Array.from({ length: 100 }, (_, n) => `Key${at * 100 + n}`)
      await client.ok(`STORE ${at + 1} FLAGS.SILENT (${keywords.join(' ')})`)
    }
    const { untagged } = await client.ok('SELECT INBOX')
    expect(untagged[0]?.match(/Key/g)).toHaveLength(256)
    expect((await client.ok('SEARCH KEYWORD Key299')).untagged).toEqual(['* SEARCH 3'])
    expect((await client.ok('FETCH 3 FLAGS')).untagged[0]).toContain(' key299)')
  })
})
