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

const numbersOf = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/ MODSEQ \(\d+\)/, ''))

describe('SELECT', () => {
  it('tells what RFC 3501 asks for', async () => {
    const { untagged, status } = await client.ok('SELECT INBOX')
    expect(untagged.map((line) => line.replaceAll(/\d{5,}/g, 'N'))).toEqual([
      '* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)',
      '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Flags permitted',
      '* 4 EXISTS',
      '* 0 RECENT',
      '* OK [UNSEEN 1] First unseen',
      expect.stringMatching(/^\* OK \[UIDVALIDITY [N\d]+\]/),
      '* OK [UIDNEXT 5] Next UID',
      expect.stringMatching(/^\* OK \[HIGHESTMODSEQ \d+\]/),
      expect.stringMatching(/^\* OK \[MAILBOXID \(m\d+\)\]/),
    ])
    expect(status).toBe('OK [READ-WRITE] SELECT completed')
  })

  it('leaves nothing selected when it fails', async () => {
    expect((await client.ask('SELECT nothing')).status).toMatch(/^NO \[NONEXISTENT\]/)
    expect((await client.ask('FETCH 1 FLAGS')).status).toBe('BAD No mailbox selected')
  })

  it('opens read-only with EXAMINE', async () => {
    expect((await client.ok('EXAMINE INBOX')).status).toMatch(/^OK \[READ-ONLY\]/)
    for (const command of ['STORE 1 +FLAGS (\\Seen)', 'EXPUNGE', 'MOVE 1 Sent', 'UID EXPUNGE 1'])
      expect((await client.ask(command)).status).toMatch(/^NO \[READ-ONLY\]/)
    await client.ok('FETCH 1 BODY[]')
    expect((await client.ok('FETCH 1 FLAGS')).untagged).toEqual(['* 1 FETCH (FLAGS ())'])
  })
})

describe('STORE', () => {
  it('adds, removes and replaces flags, and tells the new ones', async () => {
    const { untagged } = await client.ok('STORE 1:2 +FLAGS (\\Seen $Forwarded)')
    expect(untagged.slice(-2)).toEqual([
      '* 1 FETCH (UID 1 FLAGS ($Forwarded \\Seen))',
      '* 2 FETCH (UID 2 FLAGS ($Forwarded \\Seen))',
    ])
    expect((await client.ok('UID STORE 1 -FLAGS \\Seen')).untagged).toEqual([
      '* 1 FETCH (UID 1 FLAGS ($Forwarded))',
    ])
    expect((await client.ok('STORE 1 FLAGS (\\Deleted)')).untagged).toEqual([
      '* 1 FETCH (UID 1 FLAGS (\\Deleted))',
    ])
    expect((await client.ok('STORE 1 FLAGS ()')).untagged).toEqual(['* 1 FETCH (UID 1 FLAGS ())'])
  })

  it('says nothing when silent, and tells other sessions', async () => {
    const other = await imap.user('INBOX')
    expect((await client.ok('STORE 2 +FLAGS.SILENT (\\Flagged)')).untagged).toEqual([])
    expect((await other.ok('NOOP')).untagged).toEqual(['* 2 FETCH (UID 2 FLAGS (\\Flagged))'])
  })

  it('changes only what has not changed since (RFC 7162)', async () => {
    const { untagged } = await client.ok('FETCH 1 MODSEQ')
    const since = /MODSEQ \((\d+)\)/.exec(untagged[0] ?? '')?.[1]
    const other = await imap.user('INBOX')
    await other.ok('STORE 1 +FLAGS (\\Answered)')
    const answer = await client.ask(`STORE 1:2 (UNCHANGEDSINCE ${since}) +FLAGS.SILENT (\\Seen)`)
    expect(answer.status).toMatch(/^OK \[MODIFIED 1:2\] /)
    expect((await client.ok('FETCH 1 FLAGS')).untagged).toEqual(['* 1 FETCH (FLAGS (\\Answered))'])
  })

  it('tells mod-sequences of a silent STORE once they are enabled', async () => {
    await client.ok('ENABLE CONDSTORE')
    const { untagged } = await client.ok('STORE 2 +FLAGS.SILENT (\\Seen)')
    expect(untagged).toEqual([expect.stringMatching(/^\* 2 FETCH \(UID 2 MODSEQ \(\d+\)\)$/)])
  })

  it('takes NIL for the keyword that it is', async () => {
    await client.ok('STORE 1 +FLAGS NIL')
    await client.ok('STORE 1 +FLAGS (NIL \\Seen)')
    expect((await client.ok('SEARCH KEYWORD NIL')).untagged).toEqual(['* SEARCH 1'])
    await client.ok('STORE 1 -FLAGS NIL')
    expect((await client.ok('FETCH 1 FLAGS')).untagged).toEqual(['* 1 FETCH (FLAGS (\\Seen))'])
  })

  it('answers the same over expunged messages, told of or not (RFC 2180 section 4.2)', async () => {
    const watching = await imap.user('INBOX')
    const other = await imap.user('INBOX')
    await other.ok('STORE 2 +FLAGS.SILENT (\\Deleted)')
    await other.ok('EXPUNGE')
    const flagged = ['* 1 FETCH (UID 1 FLAGS (\\Flagged))', '* 3 FETCH (UID 3 FLAGS (\\Flagged))']
    for (let turn = 0; turn < 2; turn += 1) {
      const { untagged, status } = await client.ask('STORE 1:3 +FLAGS (\\Flagged)')
      expect(untagged).toEqual(flagged)
      expect(status).toBe('NO [EXPUNGEISSUED] Some of the messages are gone')
    }
    expect((await client.ask('UID STORE 1:3 +FLAGS (\\Flagged)')).status).toMatch(/^OK/)
    expect((await watching.ask('STORE 2 +FLAGS.SILENT (\\Seen)')).status).toMatch(
      /^NO \[EXPUNGEISSUED\]/,
    )
  })

  it('tells HIGHESTMODSEQ with the first command that enables CONDSTORE (RFC 7162 section 3.1)', async () => {
    const highest = async (): Promise<string> => {
      const other = await imap.user()
      const { untagged } = await other.ok('STATUS INBOX (HIGHESTMODSEQ)')
      return /HIGHESTMODSEQ (\d+)/.exec(untagged[0] ?? '')?.[1] ?? ''
    }
    const told = `* OK [HIGHESTMODSEQ ${await highest()}] Highest`
    for (const command of [
      'ENABLE CONDSTORE',
      'FETCH 1 MODSEQ',
      'FETCH 1 FLAGS (CHANGEDSINCE 1)',
      'STATUS Sent (HIGHESTMODSEQ)',
      'SEARCH MODSEQ 1',
    ]) {
      const session = await imap.user('INBOX')
      expect((await session.ok(command)).untagged).toContain(told)
      expect((await session.ok(command)).untagged).not.toContain(told)
    }
    const storing = await imap.user('INBOX')
    const { untagged } = await storing.ok('STORE 1 (UNCHANGEDSINCE 999999) +FLAGS (\\Seen)')
    expect(untagged).toContain(`* OK [HIGHESTMODSEQ ${await highest()}] Highest`)
    const before = await imap.user()
    await before.ok('ENABLE CONDSTORE')
    expect((await before.ok('SELECT INBOX')).untagged.join()).toMatch(
      /^(?!.*HIGHESTMODSEQ.*HIGHESTMODSEQ)/,
    )
  })

  it('passes over UIDs that are not there, and refuses numbers that cannot be', async () => {
    expect((await client.ok('UID STORE 77 +FLAGS (\\Seen)')).untagged).toEqual([])
    expect((await client.ask('STORE 5 +FLAGS (\\Seen)')).status).toMatch(/^BAD/)
    expect((await client.ask('STORE 0 +FLAGS (\\Seen)')).status).toMatch(/^BAD/)
    expect((await client.ask('STORE 1 +COLOUR (\\Seen)')).status).toMatch(/^BAD/)
    expect((await client.ask('STORE 1 +FLAGS')).status).toMatch(/^BAD/)
  })
})

describe('EXPUNGE', () => {
  it('removes what is marked, and numbers move up', async () => {
    await client.ok('STORE 1,3 +FLAGS.SILENT (\\Deleted)')
    expect((await client.ok('EXPUNGE')).untagged).toEqual(['* 1 EXPUNGE', '* 2 EXPUNGE'])
    expect((await client.ok('FETCH 1:* UID')).untagged).toEqual([
      '* 1 FETCH (UID 2)',
      '* 2 FETCH (UID 4)',
    ])
  })

  it('removes only the named UIDs (RFC 4315)', async () => {
    await client.ok('STORE 1:3 +FLAGS.SILENT (\\Deleted)')
    expect((await client.ok('UID EXPUNGE 2,4')).untagged).toEqual(['* 2 EXPUNGE'])
  })

  it('is told to others, but not during FETCH, STORE and SEARCH', async () => {
    const other = await imap.user('INBOX')
    await client.ok('STORE 2 +FLAGS.SILENT (\\Deleted)')
    await client.ok('EXPUNGE')
    const fetched = await other.ask('FETCH 1:4 UID')
    expect(fetched.untagged).toEqual([
      '* 1 FETCH (UID 1)',
      '* 3 FETCH (UID 3)',
      '* 4 FETCH (UID 4)',
    ])
    expect(fetched.status).toBe('NO [EXPUNGEISSUED] Some of the messages are gone')
    expect((await other.ok('SEARCH ALL')).untagged).toEqual(['* SEARCH 1 3 4'])
    expect((await other.ask('STORE 2 +FLAGS (\\Seen)')).status).toMatch(/^NO \[EXPUNGEISSUED\]/)
    expect((await other.ok('NOOP')).untagged).toEqual(['* 2 EXPUNGE'])
    expect((await other.ok('FETCH 2 UID')).untagged).toEqual(['* 2 FETCH (UID 3)'])
  })

  it('happens silently with CLOSE, and not with UNSELECT', async () => {
    await client.ok('STORE 1 +FLAGS.SILENT (\\Deleted)')
    await client.ok('UNSELECT')
    expect((await client.ok('STATUS INBOX (MESSAGES)')).untagged[0]).toContain('MESSAGES 4')
    await client.ok('SELECT INBOX')
    expect((await client.ok('CLOSE')).untagged).toEqual([])
    expect((await client.ok('STATUS INBOX (MESSAGES)')).untagged[0]).toContain('MESSAGES 3')
  })
})

async function emailIdsIn(session: ImapClient): Promise<(string | undefined)[]> {
  const { untagged } = await session.ok('FETCH 1:* EMAILID')
  return untagged.map((line) => /EMAILID \((.+?)\)/.exec(line)?.[1])
}

describe('COPY and MOVE', () => {
  it('copies and tells both sides of the UIDs in parallel', async () => {
    await client.ok('STORE 2 +FLAGS.SILENT (\\Flagged)')
    const { status } = await client.ok('COPY 1,2,4 Archive')
    expect(status).toMatch(/^OK \[COPYUID \d+ 1:2,4 1:2,3\] /)
    const archive = await imap.user('Archive')
    expect((await archive.ok('FETCH 1:* (UID FLAGS)')).untagged).toEqual([
      '* 1 FETCH (UID 1 FLAGS ())',
      '* 2 FETCH (UID 2 FLAGS (\\Flagged))',
      '* 3 FETCH (UID 3 FLAGS ())',
    ])
  })

  it('moves: COPYUID first, then EXPUNGE (RFC 6851)', async () => {
    const { untagged, status } = await client.ok('UID MOVE 2:3 Archive')
    expect(untagged[0]).toMatch(/^\* OK \[COPYUID \d+ 2:3 1:2\]/)
    expect(untagged.slice(1)).toEqual(['* 2 EXPUNGE', '* 2 EXPUNGE'])
    expect(status).toBe('OK MOVE completed')
  })

  it('tells a client to create the target', async () => {
    expect((await client.ask('COPY 1 nothing')).status).toMatch(/^NO \[TRYCREATE\]/)
    expect((await client.ask('MOVE 1 nothing')).status).toMatch(/^NO \[TRYCREATE\]/)
  })

  it.each(['COPY', 'MOVE'])(
    '%s of expunged messages does nothing, told of them or not',
    async (command) => {
      const other = await imap.user('INBOX')
      await other.ok('STORE 2 +FLAGS.SILENT (\\Deleted)')
      await other.ok('EXPUNGE')
      expect((await client.ask(`${command} 1:3 Archive`)).status).toMatch(/^NO \[EXPUNGEISSUED\]/)
      expect((await other.ok('STATUS Archive (MESSAGES)')).untagged[0]).toContain('MESSAGES 0')
    },
  )

  it('copies into the same mailbox as another message with the same EMAILID (RFC 8474 section 5.1)', async () => {
    const { untagged } = await client.ok('COPY 1 INBOX')
    expect(untagged).toEqual(['* 5 EXISTS', '* 0 RECENT'])
    await client.ok('COPY 5 INBOX')
    await client.ok('COPY 1,5 Archive')
    const [id, second, , , ...copies] = await emailIdsIn(client)
    expect(copies).toEqual([id, id])
    expect(second).not.toBe(id)
    expect(await emailIdsIn(await imap.user('Archive'))).toEqual([id, id])
    expect((await client.ok(`SEARCH EMAILID ${id}`)).untagged).toEqual(['* SEARCH 1 5 6'])
    await client.ok('STORE 5 +FLAGS.SILENT (\\Flagged)')
    expect((await client.ok('SEARCH FLAGGED')).untagged).toEqual(['* SEARCH 5'])
    await client.ok('MOVE 5 Archive')
    expect(await emailIdsIn(await imap.user('Archive'))).toEqual([id, id, id])
  })

  it('moves into the same mailbox, to a new UID (RFC 6851 section 3.3)', async () => {
    const { untagged } = await client.ok('MOVE 1:2 INBOX')
    expect(untagged[0]).toMatch(/^\* OK \[COPYUID \d+ 1:2 5:6\]/)
    expect(untagged.slice(1)).toEqual(['* 1 EXPUNGE', '* 1 EXPUNGE', '* 4 EXISTS', '* 0 RECENT'])
    expect(
      (await client.ok('FETCH 1:* UID')).untagged.map((line) => /UID (\d+)/.exec(line)?.[1]),
    ).toEqual(['3', '4', '5', '6'])
  })
})

describe('APPEND', () => {
  it('keeps flags, date and every byte, and tells the UID', async () => {
    const message = 'Subject: raw\r\n\r\nbare \n line, \r and bytes \u00ff\u00fe'
    const command = `APPEND Sent (\\Seen $MDNSent) " 5-Mar-2021 10:00:00 +0100" {${message.length}}`
    expect((await client.ok(command, message)).status).toMatch(/^OK \[APPENDUID \d+ 1\]/)
    await client.ok('SELECT Sent')
    const { untagged } = await client.ok('FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])')
    expect(untagged).toEqual([
      `* 1 FETCH (FLAGS ($MDNSent \\Seen) INTERNALDATE " 5-Mar-2021 10:00:00 +0100" BODY[] {${message.length}}\r\n${message})`,
    ])
  })

  it('is found by the day that its INTERNALDATE shows, in its own zone', async () => {
    for (const date of [' 5-Mar-2021 00:30:00 +0100', ' 5-Mar-2021 23:30:00 -0800'])
      await client.ok(`APPEND INBOX "${date}" {1+}\r\nx`)
    expect((await client.ok('SEARCH ON 5-Mar-2021')).untagged).toEqual(['* SEARCH 5 6'])
    expect((await client.ok('SEARCH BEFORE 5-Mar-2021')).untagged).toEqual(['* SEARCH'])
    expect((await client.ok('SEARCH SINCE 6-Mar-2021 BEFORE 1-Jan-2022')).untagged).toEqual([
      '* SEARCH',
    ])
    await client.ok('COPY 5 Archive')
    await client.ok('COPY 6 INBOX')
    const archive = await imap.user('Archive')
    expect((await archive.ok('FETCH 1 INTERNALDATE')).untagged[0]).toContain(
      '" 5-Mar-2021 00:30:00 +0100"',
    )
    expect((await client.ok('FETCH 7 INTERNALDATE')).untagged[0]).toContain(
      '" 5-Mar-2021 23:30:00 -0800"',
    )
  })

  it('is seen at once by who has the mailbox selected', async () => {
    const other = await imap.user('INBOX')
    expect((await client.ok('APPEND INBOX {5+}\r\nA: b\n')).untagged).toEqual([
      '* 5 EXISTS',
      '* 0 RECENT',
    ])
    expect((await other.ok('NOOP')).untagged).toEqual(['* 5 EXISTS', '* 0 RECENT'])
  })

  it('refuses before the bytes come what is too large, and skips what comes anyway', async () => {
    await using small = await ImapFixture.open({ maxMessageBytes: 100_000 })
    const writer = await small.user()
    expect((await writer.ask('APPEND INBOX {100001}')).status).toMatch(/^NO \[TOOBIG\]/)
    const big = 'x'.repeat(100_000)
    expect((await writer.ask(`APPEND INBOX {100000+}\r\n${big}`)).status).toMatch(/^OK/)
    writer.start('APPEND INBOX {200000000+}')
    expect(await writer.response()).toBe('* BYE Literal too large')
  })

  it('of one account holds no more than its share of the memory for messages, and gives it back', async () => {
    await using small = await ImapFixture.open({
      maxMessageBytes: 80_000,
      maxBytesInFlight: 800_000,
    })
    const [first, second, third] = await Promise.all([small.user(), small.user(), small.user()])
    const stranger = await small.user(undefined, 'you@example.test')
    for (const holding of [first, third]) {
      holding.start('APPEND INBOX {80000}')
      expect(await holding.response()).toMatch(/^\+/)
    }
    expect((await second.ask('APPEND INBOX {80000}')).status).toBe(
      'NO [UNAVAILABLE] Server is busy, try again',
    )
    expect((await stranger.ask(`APPEND INBOX {80000+}\r\n${'x'.repeat(80_000)}`)).status).toMatch(
      /^OK/,
    )
    first[Symbol.dispose]()
    await expect
      .poll(async () => (await second.ask(`APPEND INBOX {70000+}\r\n${'x'.repeat(70_000)}`)).status)
      .toMatch(/^OK/)
  })

  it('refuses an empty message, a missing mailbox and a message that is no literal', async () => {
    for (const literal of ['{0+}\r\n', '(\\Seen) {0+}\r\n'])
      expect((await client.ask(`APPEND INBOX ${literal}`)).status).toBe(
        'NO [CANNOT] An empty message cannot be stored',
      )
    expect((await client.ask('APPEND INBOX {0}', '')).status).toMatch(/^NO \[CANNOT\]/)
    expect((await client.ask('APPEND nothing {1+}\r\nx')).status).toMatch(/^NO \[TRYCREATE\]/)
    expect((await client.ask('APPEND INBOX "x"')).status).toMatch(/^BAD/)
    expect((await client.ask('APPEND INBOX (\\Seen "no date" {1+}\r\nx')).status).toMatch(/^BAD/)
  })

  it('refuses what is over the quota and keeps nothing of it', async () => {
    await imap.store.directory.setQuota(imap.account.address, { bytes: 200, emails: 0 })
    expect((await client.ask(`APPEND INBOX {500+}\r\n${'x'.repeat(500)}`)).status).toMatch(
      /^NO \[OVERQUOTA\]/,
    )
    expect((await client.ok('STATUS INBOX (MESSAGES)')).untagged[0]).toContain('MESSAGES 4')
  })
})

describe('SEARCH', () => {
  it.each([
    ['ALL', '* SEARCH 1 2 3 4'],
    ['SUBJECT two', '* SEARCH 2'],
    ['NOT (SUBJECT two)', '* SEARCH 1 3 4'],
    ['OR SUBJECT one (SUBJECT two 1:2)', '* SEARCH 1 2'],
    ['BODY "body of th"', '* SEARCH 3'],
    ['UNSEEN 2:*', '* SEARCH 2 3 4'],
    ['UID 2:3 NOT 3', '* SEARCH 2'],
    ['SINCE 1-Jan-2023 BEFORE 1-Jan-2024', '* SEARCH 1 2 3 4'],
    ['SUBJECT nothing', '* SEARCH'],
    ['CHARSET UTF-8 SUBJECT one', '* SEARCH 1'],
    ['RETURN (MIN MAX COUNT) ALL', '* ESEARCH (TAG "t2") MIN 1 MAX 4 COUNT 4'],
    ['RETURN () SUBJECT o', '* ESEARCH (TAG "t2") ALL 1:2,4'],
  ])('%s', async (criteria, answer) => {
    const fresh = await imap.user('INBOX')
    expect(fresh.start('NOOP')).toBe('t3')
    await fresh.answer('t3')
    const { untagged } = await fresh.ok(`SEARCH ${criteria}`)
    expect(untagged).toEqual([answer.replace('t2', 't4')])
  })

  it('answers UIDs to UID SEARCH', async () => {
    await client.ok('STORE 1 +FLAGS.SILENT (\\Deleted)')
    await client.ok('EXPUNGE')
    expect((await client.ok('UID SEARCH ALL')).untagged).toEqual(['* SEARCH 2 3 4'])
    expect((await client.ok('UID SEARCH RETURN (ALL) 1:2')).untagged).toEqual([
      expect.stringMatching(/^\* ESEARCH \(TAG "t\d+"\) UID ALL 2:3$/),
    ])
  })

  it('finds words in UTF-8', async () => {
    await imap.add('Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nx')
    await client.ok('NOOP')
    const word = Buffer.from('grüße').toString('latin1')
    expect((await client.ok(`SEARCH SUBJECT {${word.length}+}\r\n${word}`)).untagged).toEqual([
      '* SEARCH 5',
    ])
  })

  it('tells the highest mod-sequence when asked by one', async () => {
    await client.ok('ENABLE CONDSTORE')
    const { untagged } = await client.ok('SEARCH MODSEQ 1')
    expect(untagged).toEqual([expect.stringMatching(/^\* SEARCH 1 2 3 4 \(MODSEQ \d+\)$/)])
  })

  it.each([
    ['CHARSET KOI8-R ALL', /^NO \[BADCHARSET \(UTF-8\)\]/],
    ['', /^BAD/],
    ['NOT', /^BAD/],
    ['COLOUR red', /^BAD/],
    ['SINCE yesterday', /^BAD/],
    ['RETURN (SAVE) ALL', /^BAD/],
  ])('refuses %s', async (criteria, answer) => {
    expect((await client.ask(`SEARCH ${criteria}`)).status).toMatch(answer)
  })
})

describe('changes by others', () => {
  it('come with the next answer: arrivals, flags and removals', async () => {
    const other = await imap.user('INBOX')
    await other.ok('STORE 1 +FLAGS.SILENT (\\Seen)')
    await imap.add('Subject: five\n\nx')
    await other.ok('STORE 2 +FLAGS.SILENT (\\Deleted)')
    await other.ok('EXPUNGE')
    expect((await client.ok('NOOP')).untagged).toEqual([
      '* 2 EXPUNGE',
      '* 4 EXISTS',
      '* 0 RECENT',
      '* 1 FETCH (UID 1 FLAGS (\\Seen))',
    ])
    expect((await client.ok('NOOP')).untagged).toEqual([])
  })

  it('come at once during IDLE', async () => {
    client.send('i IDLE\r\n')
    expect(await client.response()).toBe('+ idling')
    await imap.add('Subject: five\n\nx')
    expect(await client.response()).toBe('* 5 EXISTS')
    expect(await client.response()).toBe('* 0 RECENT')
    const other = await imap.user('INBOX')
    await other.ok('STORE 5 +FLAGS (\\Flagged \\Deleted)')
    expect(await client.response()).toBe('* 5 FETCH (UID 5 FLAGS (\\Deleted \\Flagged))')
    await other.ok('EXPUNGE')
    expect(await client.response()).toBe('* 5 EXPUNGE')
    client.send('DONE\r\n')
    expect(await client.response()).toBe('i OK IDLE completed')
    await client.ok('NOOP')
  })

  it('end IDLE only with DONE', async () => {
    client.send('i IDLE\r\n')
    await client.response()
    client.send('j NOOP\r\n')
    expect(await client.response()).toBe('i BAD IDLE ends with DONE')
  })

  it('of nobody, when IDLE waits without a mailbox', async () => {
    const fresh = await imap.user()
    fresh.send('i IDLE\r\nDONE\r\n')
    expect(await fresh.response()).toBe('+ idling')
    expect(await fresh.response()).toBe('i OK IDLE completed')
  })
})

describe('the gate', () => {
  it('ends idle sessions of a banned address with BYE', async () => {
    const banned = await imap.client('imaps', { localAddress: '127.0.0.31' })
    imap.filter.ban('127.0.0.31')
    expect(await banned.response()).toBe('* BYE Your address is blocked')
    expect(await banned.response()).toBeUndefined()
  })

  it('lets a session say good-bye when the server stops, in IDLE too', async () => {
    client.send('i IDLE\r\n')
    await client.response()
    await imap.stop()
    expect(await client.response()).toBe('* BYE Server is going down, try again')
  })
})

it('keeps the order of pipelined commands', async () => {
  const tags = [
    client.start('FETCH 1:4 BODY.PEEK[]'),
    client.start('SELECT Archive'),
    client.start('FETCH 1 FLAGS'),
    client.start('SELECT INBOX'),
  ]
  const [fetched, selected, none, again] = [
    await client.answer(tags[0] ?? ''),
    await client.answer(tags[1] ?? ''),
    await client.answer(tags[2] ?? ''),
    await client.answer(tags[3] ?? ''),
  ]
  expect(fetched.untagged).toHaveLength(4)
  expect(selected.untagged).toContain('* 0 EXISTS')
  expect(none.status).toMatch(/^BAD/)
  expect(numbersOf(again.untagged)).toContain('* 4 EXISTS')
})
