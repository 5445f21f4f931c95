import type { ImapClient } from '@gatepost/testkit'
import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

let imap: ImapFixture
let client: ImapClient
beforeEach(async () => {
  imap = await ImapFixture.open()
  client = await imap.user()
})
afterEach(() => imap[Symbol.asyncDispose]())

async function names(command: string): Promise<string[]> {
  const { untagged } = await client.ok(command)
  return untagged.map((line) => /"\/" "(.*)"$/.exec(line)?.[1] ?? line)
}

describe('LIST', () => {
  it('shows every mailbox with its attributes', async () => {
    expect((await client.ok('LIST "" *')).untagged).toEqual([
      '* LIST (\\HasNoChildren \\Archive) "/" "Archive"',
      '* LIST (\\HasNoChildren \\Drafts) "/" "Drafts"',
      '* LIST (\\HasNoChildren) "/" "INBOX"',
      '* LIST (\\HasNoChildren \\Junk) "/" "Junk"',
      '* LIST (\\HasNoChildren \\Sent) "/" "Sent"',
      '* LIST (\\HasNoChildren \\Trash) "/" "Trash"',
    ])
  })

  it('tells the separator', async () => {
    expect((await client.ok('LIST "" ""')).untagged).toEqual(['* LIST (\\Noselect) "/" ""'])
  })

  it('follows patterns through the hierarchy', async () => {
    await client.ok('CREATE Work/2024/May')
    expect(await names('LIST "" Work*')).toEqual(['Work', 'Work/2024', 'Work/2024/May'])
    expect(await names('LIST "" Work/%')).toEqual(['Work/2024'])
    expect(await names('LIST Work/ %')).toEqual(['Work/2024'])
    expect(await names('LIST "" %/%/%')).toEqual(['Work/2024/May'])
    expect(await names('LIST "" inbox')).toEqual(['INBOX'])
  })

  it('tells the namespace', async () => {
    expect((await client.ok('NAMESPACE')).untagged).toEqual(['* NAMESPACE (("" "/")) NIL NIL'])
  })
})

describe('CREATE', () => {
  it('makes the levels above, and tells the id', async () => {
    const { status } = await client.ok('CREATE a/b/c/')
    expect(status).toMatch(/^OK \[MAILBOXID \(m\d+\)\] /)
    expect(await names('LIST "" a*')).toEqual(['a', 'a/b', 'a/b/c'])
  })

  it('takes names in modified UTF-7 and shows them so', async () => {
    await client.ok('CREATE "Entw&APw-rfe"')
    await client.ok('CREATE "R&AOk-sum&AOk- &- co"')
    expect(await names('LIST "" *')).toEqual(
      expect.arrayContaining(['Entw&APw-rfe', 'R&AOk-sum&AOk- &- co']),
    )
    expect(await names('LIST "" *w&APw-r*')).toEqual(['Entw&APw-rfe'])
    const stored = await imap.store.mail.read(imap.account.id, ({ mailboxes }) => mailboxes.list())
    expect(stored.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Entwürfe', 'Résumé & co']),
    )
  })

  it.each([
    ['inbox', /^NO \[ALREADYEXISTS\]/],
    ['Sent', /^NO \[ALREADYEXISTS\]/],
    ['""', /^NO \[CANNOT\]/],
    ['a//b', /^NO \[CANNOT\]/],
    [`"${'x'.repeat(300)}"`, /^NO \[CANNOT\]/],
    [Array.from({ length: 21 }, () => 'x').join('/'), /^NO \[LIMIT\]/],
  ])('refuses %s', async (name, answer) => {
    expect((await client.ask(`CREATE ${name}`)).status).toMatch(answer)
  })
})

describe('what is refused', () => {
  it.each([
    ['CREATE a//b', /^NO \[CANNOT\]/],
    ['CREATE a/b//', /^NO \[CANNOT\]/],
    [`CREATE ${Array.from({ length: 21 }, (_, at) => `x${at}`).join('/')}`, /^NO \[LIMIT\]/],
    [`CREATE "y/${'x'.repeat(300)}"`, /^NO \[CANNOT\]/],
    ['RENAME Archive a//b', /^NO \[CANNOT\]/],
    ['RENAME Archive Archive/new/b', /^NO \[CANNOT\]/],
    ['RENAME INBOX a//b', /^NO \[CANNOT\]/],
  ])('leaves none of the levels above: %s', async (command, answer) => {
    const before = await names('LIST "" *')
    expect((await client.ask(command)).status).toMatch(answer)
    expect(await names('LIST "" *')).toEqual(before)
  })
})

describe('a mailbox made again under its standard name', () => {
  it.each(['Drafts', 'Sent', 'Archive', 'Junk', 'Trash'])('%s has its use again', async (name) => {
    await client.ok(`DELETE ${name}`)
    await client.ok(`CREATE ${name}`)
    expect((await client.ok(`LIST "" ${name}`)).untagged).toEqual([
      `* LIST (\\HasNoChildren \\${name}) "/" "${name}"`,
    ])
  })

  it('has none while another mailbox is used for it', async () => {
    await client.ok('RENAME Sent Gone')
    await client.ok('CREATE Sent')
    await client.ok('CREATE Work/Junk')
    const { untagged } = await client.ok('LIST "" *')
    expect(untagged).toContain('* LIST (\\HasNoChildren \\Sent) "/" "Gone"')
    expect(untagged).toContain('* LIST (\\HasNoChildren) "/" "Sent"')
    expect(untagged).toContain('* LIST (\\HasNoChildren) "/" "Work/Junk"')
  })
})

describe('DELETE', () => {
  it('removes a mailbox with its messages, and its name can be had again with another UIDVALIDITY', async () => {
    await client.ok('CREATE Old')
    await client.ok('APPEND Old {3+}\r\na\r\n')
    const before = await client.ok('STATUS Old (UIDVALIDITY)')
    await client.ok('DELETE Old')
    expect((await client.ask('SELECT Old')).status).toMatch(/^NO \[NONEXISTENT\]/)
    await client.ok('CREATE Old')
    const after = await client.ok('STATUS Old (UIDVALIDITY MESSAGES)')
    expect(after.untagged[0]).toContain('MESSAGES 0')
    expect(after.untagged[0]?.replace(' MESSAGES 0', '')).not.toBe(before.untagged[0])
  })

  it('refuses INBOX, what is a parent alone and what is not there', async () => {
    await client.ok('CREATE a/b')
    expect((await client.ask('DELETE INBOX')).status).toMatch(/^NO \[CANNOT\]/)
    await client.ok('DELETE a')
    expect((await client.ask('DELETE a')).status).toMatch(/^NO \[INUSE\]/)
    expect((await client.ask('DELETE nothing')).status).toMatch(/^NO \[NONEXISTENT\]/)
  })

  it('empties a mailbox with others inside, which stays as their parent (RFC 3501 section 6.3.4)', async () => {
    await client.ok('CREATE a/b')
    await client.ok('APPEND a {3+}\r\na\r\n')
    await client.ok('SUBSCRIBE a')
    const before = await client.ok('STATUS a (UIDVALIDITY UIDNEXT MAILBOXID)')
    const other = await imap.user('a')
    await client.ok('DELETE a')
    other.start('NOOP')
    expect(await other.response()).toBe('* BYE The selected mailbox was deleted')
    for (const name of ['LIST', 'LSUB'])
      expect((await client.ok(`${name} "" a`)).untagged).toEqual([
        `* ${name} (\\Noselect \\HasChildren) "/" "a"`,
      ])
    for (const command of ['SELECT a', 'EXAMINE a', 'STATUS a (MESSAGES)'])
      expect((await client.ask(command)).status).toMatch(/^NO \[NONEXISTENT\]/)
    expect((await client.ask('APPEND a {1+}\r\nx')).status).toMatch(/^NO \[TRYCREATE\]/)
    await client.ok('STATUS a/b (MESSAGES)')
    const made = await client.ok('CREATE a')
    const after = await client.ok('STATUS a (UIDVALIDITY UIDNEXT MAILBOXID)')
    expect(after.untagged).toEqual(before.untagged)
    expect(after.untagged[0]).toContain(/MAILBOXID \(.*?\)/.exec(made.status)?.[0])
    expect((await client.ok('STATUS a (MESSAGES)')).untagged[0]).toContain('MESSAGES 0')
    expect((await client.ok('LIST "" a')).untagged).toEqual(['* LIST (\\HasChildren) "/" "a"'])
  })

  it('takes a parent that holds nothing away once the mailboxes inside are gone', async () => {
    await client.ok('CREATE a/b')
    await client.ok('DELETE a')
    await client.ok('DELETE a/b')
    expect(await names('LIST "" a*')).toEqual(['a'])
    await client.ok('DELETE a')
    expect(await names('LIST "" a*')).toEqual([])
  })

  it('takes the use from a parent, and CREATE gives it back', async () => {
    await client.ok('CREATE Sent/2024')
    await client.ok('DELETE Sent')
    expect((await client.ok('LIST "" Sent')).untagged).toEqual([
      '* LIST (\\Noselect \\HasChildren) "/" "Sent"',
    ])
    await client.ok('CREATE Sent')
    expect((await client.ok('LIST "" Sent')).untagged).toEqual([
      '* LIST (\\HasChildren \\Sent) "/" "Sent"',
    ])
  })

  it('of a parent is undone by mail that comes into it', async () => {
    await client.ok('CREATE a/b')
    await client.ok('DELETE a')
    const list = await imap.store.mail.read(imap.account.id, ({ mailboxes }) => mailboxes.list())
    const id = list.find(({ name }) => name === 'a')?.id
    if (id === undefined) throw new Error('no parent')
    await imap.store.mail.transact(imap.account.id, [
      { op: 'addEmail', content: Buffer.from('x'), mailboxIds: [id], keywords: [], receivedAt: 1 },
    ])
    expect((await client.ok('STATUS a (MESSAGES)')).untagged[0]).toContain('MESSAGES 1')
  })

  it('ends the session of another client that has it selected', async () => {
    await client.ok('CREATE Old')
    const other = await imap.user('Old')
    await client.ok('DELETE Old')
    other.start('NOOP')
    expect(await other.response()).toBe('* BYE The selected mailbox was deleted')
  })
})

describe('RENAME', () => {
  it('keeps children, messages, UIDs and the id', async () => {
    await client.ok('CREATE a/b')
    await client.ok('APPEND a/b {3+}\r\na\r\n')
    const before = await client.ok('STATUS a/b (MESSAGES UIDVALIDITY UIDNEXT MAILBOXID)')
    await client.ok('RENAME a x/y')
    const after = await client.ok('STATUS x/y/b (MESSAGES UIDVALIDITY UIDNEXT MAILBOXID)')
    expect(after.untagged[0]).toBe(before.untagged[0]?.replace('"a/b"', '"x/y/b"'))
    expect(await names('LIST "" a*')).toEqual([])
  })

  it('moves the messages of INBOX, which stays', async () => {
    await imap.add('Subject: one\n\nbody')
    await client.ok('RENAME INBOX Old')
    expect((await client.ok('STATUS INBOX (MESSAGES)')).untagged[0]).toContain('MESSAGES 0')
    expect((await client.ok('STATUS Old (MESSAGES)')).untagged[0]).toContain('MESSAGES 1')
  })

  it('moves the messages of INBOX in the transaction that makes the new mailbox', async () => {
    await imap.add('Subject: one\n\nbody')
    const transact = vi.spyOn(imap.store.mail, 'transact')
    await client.ok('RENAME INBOX Old/2024')
    expect(transact).toHaveBeenCalledTimes(1)
  })

  it('refuses names that are taken and places inside itself', async () => {
    await client.ok('CREATE a')
    expect((await client.ask('RENAME a Sent')).status).toMatch(/^NO \[ALREADYEXISTS\]/)
    expect((await client.ask('RENAME a a/b')).status).toMatch(/^NO \[CANNOT\]/)
    expect((await client.ask('RENAME nothing b')).status).toMatch(/^NO \[NONEXISTENT\]/)
  })
})

describe('SUBSCRIBE and LSUB', () => {
  it('shows what is subscribed', async () => {
    await client.ok('CREATE News')
    expect(await names('LSUB "" News')).toEqual([])
    await client.ok('SUBSCRIBE News')
    expect(await names('LSUB "" News')).toEqual(['News'])
    await client.ok('UNSUBSCRIBE News')
    expect(await names('LSUB "" News')).toEqual([])
    await client.ok('CREATE Work/2024')
    await client.ok('SUBSCRIBE Work/2024')
    expect((await client.ok('LSUB "" W%')).untagged).toEqual(['* LSUB (\\Noselect) "/" "Work"'])
    expect(await names('LSUB "" W*')).toEqual(['Work/2024'])
    expect((await client.ask('SUBSCRIBE nothing')).status).toMatch(/^NO \[NONEXISTENT\]/)
  })
})

describe('STATUS', () => {
  it('tells everything that can be asked', async () => {
    await imap.add('Subject: one\n\nbody', { keywords: ['$seen'] })
    await imap.add('Subject: two\n\nbody')
    const { untagged } = await client.ok(
      'STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID)',
    )
    expect(untagged).toHaveLength(1)
    expect(untagged[0]).toMatch(
      /^\* STATUS "INBOX" \(MESSAGES 2 RECENT 0 UIDNEXT 3 UIDVALIDITY \d+ UNSEEN 1 DELETED 0 SIZE 40 HIGHESTMODSEQ \d+ MAILBOXID \(m\d+\)\)$/,
    )
  })

  it('refuses unknown items and mailboxes', async () => {
    expect((await client.ask('STATUS INBOX (COLOUR)')).status).toMatch(/^BAD/)
    expect((await client.ask('STATUS INBOX ()')).status).toMatch(/^BAD/)
    expect((await client.ask('STATUS nothing (MESSAGES)')).status).toMatch(/^NO \[NONEXISTENT\]/)
  })
})
