import type { ImapClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

let imap: ImapFixture
let client: ImapClient

async function fill(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 1)
    await imap.add(
      `Subject: ${at}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n`,
    )
}

async function tripsOf(command: string): Promise<readonly string[]> {
  imap.store.trips.length = 0
  await client.ok(command)
  return [...imap.store.trips]
}

beforeAll(async () => {
  imap = await ImapFixture.open()
  await fill(0, 3)
  client = await imap.user('INBOX')
})
afterAll(() => imap[Symbol.asyncDispose]())

const commands = [
  'FETCH 1:* (UID FLAGS)',
  'FETCH 1:* (ENVELOPE BODYSTRUCTURE)',
  'FETCH 1:* (BODY.PEEK[] BODY.PEEK[1] BODY.PEEK[HEADER.FIELDS (Subject)])',
  'STORE 1:* +FLAGS (\\Flagged)',
  'COPY 1:* Archive',
  'SEARCH ALL',
  'STATUS Archive (MESSAGES UNSEEN)',
  'LIST "" *',
  'NOOP',
]

// A store behind a network costs a millisecond for each.
describe('the round trips of a command do not grow with the messages of its page', () => {
  it('three messages cost as many as sixty', async () => {
    const few = new Map<string, readonly string[]>()
    for (const command of commands) few.set(command, await tripsOf(command))
    await fill(3, 60)
    await client.ok('NOOP')
    for (const command of commands)
      expect([command, await tripsOf(command)]).toEqual([command, few.get(command)])
    expect(few.get('FETCH 1:* (ENVELOPE BODYSTRUCTURE)')).toEqual([
      'read',
      'memberships.get',
      'keywords.after',
      'read',
      'emails.indexes',
      'read',
    ])
  })

  it('SELECT reads one snapshot', async () => {
    expect(await tripsOf('SELECT INBOX')).toEqual([
      'read',
      'mailboxes.list',
      'keywords.after',
      'memberships.page',
      'memberships.uids',
      'read',
    ])
  })
})
