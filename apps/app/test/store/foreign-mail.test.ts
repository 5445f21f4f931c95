import { utimesSync } from 'node:fs'
import { join } from 'node:path'

import type { AccountId } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { importMail } from '../../src/transfer/import-mail.ts'
import type { TransferSummary } from '../../src/transfer/transfer-summary.ts'
import { MailBench } from './mail-bench.ts'

let bench: MailBench
let me: AccountId

beforeEach(async () => {
  bench = await MailBench.open()
  me = await bench.addAccount('me')
})
afterEach(() => bench[Symbol.asyncDispose]())

function importAs(format: 'maildir' | 'mbox', name = 'their'): Promise<TransferSummary> {
  const root = join(bench.folder, name)
  const journalPath = join(bench.folder, 'journal')
  return importMail({ mail: bench.store.mail, account: me, format, root, prefix: [], journalPath })
}

const text = (subject: string): string => `Subject: ${subject}\n\nbody of ${subject}\n`

const entry = (subject: string): string =>
  `From me@example.org Tue Jul  1 10:05:09 2025\n${text(subject)}\n`

const labelled = (subject: string, labels: string): string =>
  `From 17@xxx Tue Jul 01 08:05:09 +0000 2025\r\nX-GM-THRID: 17\r\nX-Gmail-Labels: ${labels}\r\nSubject: ${subject}\r\n\r\nx\r\n\r\n`

describe('a Maildir of Dovecot', () => {
  it('comes with folders, flags, keywords and dates', async () => {
    bench.write({
      'their/cur/1700000002.M2P1.host,S=30,W=32:2,FRSa': text('second'),
      'their/cur/1700000001.M1P1.host,S=30,W=32:2,S': text('first'),
      'their/new/1700000003.M3P1.host,S=30,W=32': text('third'),
      'their/tmp/1700000009.M3P1.host': text('half of one'),
      'their/dovecot-keywords': '0 Important\n1 NonJunk\n',
      'their/dovecot-uidlist': '3 V1 N3\n',
      'their/.Sent/cur/1700000004.M1P1.host:2,DPTb': text('sent'),
      'their/.Sent/new/.keep': '',
      'their/.Sent/dovecot-keywords': '1 Work\n',
      'their/.Entw&APw-rfe/cur/1700000005.M1P1.host:2,': text('draft'),
      'their/.Work.2024/cur/1700000006.M1P1.host:2,': text('deep'),
      'their/subscriptions': 'Work\n',
    })
    const at = 1_600_000_000
    utimesSync(join(bench.folder, 'their/cur/1700000001.M1P1.host,S=30,W=32:2,S'), at, at)
    expect(await importAs('maildir')).toMatchObject({ messages: 6, failed: 0, mailboxes: 4 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['first', 'second', 'third'])
    expect((await bench.see(me)).find(({ path }) => path === 'INBOX')?.messages).toMatchObject([
      {
        content: 'Subject: first\r\n\r\nbody of first\r\n',
        receivedAt: at * 1000,
        keywords: ['$seen'],
      },
      { keywords: ['$answered', '$flagged', '$seen', 'important'], isDeleted: false },
      { keywords: [] },
    ])
    expect((await bench.see(me)).find(({ role }) => role === 'sent')?.messages).toMatchObject([
      { keywords: ['$draft', '$forwarded', 'work'], isDeleted: true },
    ])
    expect(await bench.subjects(me, 'Drafts')).toEqual(['draft'])
    expect(await bench.subjects(me, 'Work/2024')).toEqual(['deep'])
    expect((await bench.see(me)).find(({ path }) => path === 'Work')?.isSubscribed).toBe(true)
  })
})

describe('Maildirs in other layouts', () => {
  it('mbsync and mutt: folders in folders', async () => {
    bench.write({
      'their/INBOX/cur/1.host:2,S': text('in'),
      'their/Archive/cur/2.host:2,': text('kept'),
      'their/Archive/2023/new/3.host': text('older'),
      'their/Some.thing/cur/4.host:2,': text('dotted'),
    })
    expect(await importAs('maildir')).toMatchObject({ messages: 4, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['in'])
    expect(await bench.subjects(me, 'Archive')).toEqual(['kept'])
    expect(await bench.subjects(me, 'Archive/2023')).toEqual(['older'])
    expect(await bench.subjects(me, 'Some.thing')).toEqual(['dotted'])
  })

  it('offlineimap: flat names with dots, all below INBOX', async () => {
    bench.write({
      'their/INBOX/cur/1.host,U=1,FMD5=x:2,S': text('in'),
      'their/INBOX.Sent Items/cur/2.host:2,S': text('out'),
      'their/INBOX.Work/cur/3.host:2,': text('work'),
      'their/INBOX.Work.Plans/cur/4.host:2,': text('plan'),
    })
    expect(await importAs('maildir')).toMatchObject({ messages: 4, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['in'])
    expect(await bench.subjects(me, 'Sent')).toEqual(['out'])
    expect(await bench.subjects(me, 'Work')).toEqual(['work'])
    expect(await bench.subjects(me, 'Work/Plans')).toEqual(['plan'])
  })
})

describe('mboxes', () => {
  it('of Dovecot, mutt and Thunderbird: files in folders', async () => {
    bench.write({
      'their/inbox': entry('in') + entry('in too'),
      'their/Sent Messages': entry('out'),
      'their/Work.mbox': entry('work'),
      'their/Work/Plans.mbox': entry('plan'),
      'their/Local': '',
      'their/Local.sbd/Deep': entry('deep'),
      'their/Local.msf': '// <!-- Mork file -->',
      'their/Apple.mbox/mbox': entry('apple'),
      'their/.imap/INBOX/index': 'x',
      'their/.subscriptions': 'Work\n',
      'their/notes.txt': 'no mbox',
    })
    expect(await importAs('mbox')).toMatchObject({ messages: 7, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['in', 'in too'])
    expect(await bench.subjects(me, 'Sent')).toEqual(['out'])
    expect(await bench.subjects(me, 'Work')).toEqual(['work'])
    expect(await bench.subjects(me, 'Work/Plans')).toEqual(['plan'])
    expect(await bench.subjects(me, 'Local/Deep')).toEqual(['deep'])
    expect(await bench.subjects(me, 'Apple')).toEqual(['apple'])
    expect((await bench.see(me))[0]?.messages[0]?.receivedAt).toBe(Date.UTC(2025, 6, 1, 10, 5, 9))
  })

  it('that are one file', async () => {
    bench.write({ 'their.mbox': entry('a') + entry('b') })
    expect(await importAs('mbox', 'their.mbox')).toMatchObject({ messages: 2, failed: 0 })
    expect(await bench.subjects(me, 'their')).toEqual(['a', 'b'])
  })

  it('without the entry that is no message, of Pine', async () => {
    const internal =
      "From MAILER-DAEMON Tue Jul  1 10:05:09 2025\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\ntext\n\n"
    bench.write({ 'their/INBOX': internal + entry('a') })
    expect(await importAs('mbox')).toMatchObject({ messages: 1, failed: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['a'])
  })

  it('whose messages were moved about since: each comes once', async () => {
    bench.write({ 'their/INBOX': entry('a') + entry('b') + entry('b') })
    expect(await importAs('mbox')).toMatchObject({ messages: 3, earlier: 0 })
    bench.write({ 'their/INBOX': entry('new') + entry('b') + entry('a') + entry('b') })
    expect(await importAs('mbox')).toMatchObject({ messages: 1, earlier: 3 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['a', 'b', 'b', 'new'])
  })
})

describe('an mbox of a current Thunderbird', () => {
  it('comes with its flags and without what it has deleted: nothing came, or all', async () => {
    const entries = [
      'From \r\nX-Mozilla-Status: 1007\r\nX-Mozilla-Keys: $label1\r\nSubject: read\r\n\r\nFrom \r\n\r\n',
      'From \r\nX-Mozilla-Status: 0009\r\nSubject: gone\r\n\r\nx\r\n\r\n',
      'From \r\nX-Mozilla-Status: 0000\r\nSubject: new\r\n\r\nx\r\n\r\n',
    ]
    bench.write({ 'their/INBOX': entries.join(''), 'their/INBOX.msf': 'x', 'their/notes.txt': 'x' })
    const summary = await importAs('mbox')
    expect(summary).toMatchObject({ messages: 2, failed: 0, skippedCount: 2 })
    expect(summary.skipped).toEqual([
      { where: 'notes.txt', reason: 'no mbox: it does not begin with `From `' },
      { where: 'INBOX', reason: 'expunged, but not compacted yet' },
    ])
    expect(await bench.subjects(me, 'INBOX')).toEqual(['read', 'new'])
    expect(
      (await bench.see(me)).find(({ path }) => path === 'INBOX')?.messages[0]?.keywords,
    ).toEqual(['$answered', '$flagged', '$forwarded', '$label1', '$seen'])
  })

  it('may begin with a byte order mark or empty lines: such files were skipped without a word', async () => {
    bench.write({
      'their/One': `\ufeff${entry('one')}`,
      'their/Two': `\r\n\n${entry('two')}`,
      'their/Three.mbox': `junk\n\n${entry('three')}`,
    })
    const summary = await importAs('mbox')
    expect(summary).toMatchObject({ messages: 3, failed: 1 })
    expect(summary.failures[0]).toMatchObject({ where: 'Three.mbox' })
    expect(await bench.subjects(me, 'One')).toEqual(['one'])
    expect(await bench.subjects(me, 'Two')).toEqual(['two'])
    expect(await bench.subjects(me, 'Three')).toEqual(['three'])
  })
})

describe('an mbox of Google Takeout', () => {
  const all = [
    labelled('in', 'Inbox,Important,Unread,Work/Plans'),
    labelled('out', 'Sent,Opened,Work'),
    labelled('kept', 'Archived,Starred,Opened'),
    labelled('bad', 'Spam,Unread'),
    labelled('gone', 'Trash'),
    labelled('begun', '=?UTF-8?Q?Entw=C3=BCrfe?='),
  ]

  it('comes in the mailboxes that its labels name, each message once', async () => {
    bench.write({
      'their/All mail Including Spam and Trash.mbox': all.join(''),
      'their/Work.mbox': all[1] ?? '',
    })
    expect(await importAs('mbox')).toMatchObject({ messages: 6, earlier: 1, failed: 0 })
    const seen = (await bench.see(me)).filter(({ messages }) => messages.length > 0)
    expect(await bench.allSubjects(me)).toEqual([
      ['Archive', 'kept'],
      ['Drafts', 'begun'],
      ['INBOX', 'in'],
      ['Junk', 'bad'],
      ['Sent', 'out'],
      ['Trash', 'gone'],
      ['Work', 'out'],
      ['Work/Plans', 'in'],
    ])
    expect((await bench.see(me)).map(({ path }) => path)).not.toContain(
      'All mail Including Spam and Trash',
    )
    expect(seen[2]?.messages[0]).toMatchObject({ keywords: ['$important'] })
    expect(seen[2]?.messages[0]?.content).not.toContain('X-Gmail-Labels')
    expect(await importAs('mbox')).toMatchObject({ messages: 0, earlier: 7 })
  })

  it('has labels that are no names: they cost a message its place there, not the message', async () => {
    const deep = 'a/'.repeat(1_000)
    bench.write({
      'their/All.mbox':
        labelled('one', `Inbox,${deep},${'n'.repeat(300)},..,"b\u0000c"`) +
        labelled('two', deep) +
        labelled('three', `Inbox${',x'.repeat(500_000)}`),
    })
    const summary = await importAs('mbox')
    expect(summary).toMatchObject({ messages: 2, failed: 3, stoppedBy: null })
    const paths = (await bench.see(me)).filter(({ messages }) => messages.length > 0)
    expect(paths.map(({ path }) => path)).toEqual(['..', 'INBOX', 'b_c', 'x'])
    expect(await bench.subjects(me, 'INBOX')).toEqual(['one', 'three'])
    expect((await bench.see(me)).map(({ path }) => path)).not.toContain('a')
  })

  it('is as large as it likes', async () => {
    const many = Array.from({ length: 450 }, (_, at) => labelled(`n${at}`, `Inbox,L${at % 5}`))
    bench.write({ 'their/All.mbox': many.join('') })
    expect(await importAs('mbox')).toMatchObject({ messages: 450, mailboxes: 6 })
    expect(await bench.subjects(me, 'INBOX')).toHaveLength(450)
    expect(await bench.subjects(me, 'L3')).toHaveLength(90)
  })
})

describe('what cannot be imported', () => {
  it('is told of, and the rest comes', async () => {
    bench.write({
      'their/cur/1.host:2,S': text('one'),
      'their/cur/2.host:2,a': text('two'),
      'their/dovecot-keywords': '0 bad(keyword\n',
      'their/cur/3.host/in/the/way': 'a folder and no file',
      [`their/${'.a'.repeat(25)}/cur/4.host`]: text('too deep'),
    })
    const summary = await importAs('maildir')
    expect(summary).toMatchObject({ messages: 2, failed: 1, skippedCount: 1 })
    expect(summary.skipped).toEqual([{ where: 'cur/3.host', reason: 'no regular file' }])
    expect(summary.failures).toContainEqual({
      where: Array.from({ length: 25 }, () => 'a').join('/'),
      reason: expect.stringContaining('nested too deeply') as string,
    })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['one', 'two'])
  })

  it('for want of room ends the import, which goes on when there is some', async () => {
    const files = Array.from({ length: 30 }, (_, at) => [
      `their/cur/${100 + at}.host`,
      text(`n${at}`),
    ])
    bench.write(Object.fromEntries(files))
    await bench.store.directory.setQuota('me@example.test', { bytes: 0, emails: 12 })
    const first = await importAs('maildir')
    expect(first).toMatchObject({
      messages: 12,
      failed: 0,
      stoppedBy: 'The account is over its quota',
    })
    await bench.store.directory.setQuota('me@example.test', { bytes: 0, emails: 0 })
    expect(await importAs('maildir')).toMatchObject({ messages: 18, earlier: 12, stoppedBy: null })
    expect(await bench.subjects(me, 'INBOX')).toEqual(
      Array.from({ length: 30 }, (_, at) => `n${at}`),
    )
  })

  it('is nothing at all', async () => {
    bench.write({ 'their/file': 'x' })
    await expect(importAs('maildir')).rejects.toThrow('there is no maildir in')
    await expect(importAs('mbox')).rejects.toThrow('there is no mbox in')
    await expect(importAs('mbox', 'missing')).rejects.toThrow('ENOENT')
  })

  it('because its mailbox was deleted since is not put anywhere else', async () => {
    bench.write({ 'their/.Work/cur/1.host': text('one') })
    await importAs('maildir')
    const all = await bench.store.mail.read(me, ({ mailboxes }) => mailboxes.list())
    const work = all.find(({ name }) => name === 'Work')
    if (work === undefined) throw new Error('no Work')
    await bench.store.mail.transact(me, [
      { op: 'destroyMailbox', mailboxId: work.id, removeEmails: true },
    ])
    bench.write({ 'their/.Work/cur/2.host': text('two') })
    const again = await importAs('maildir')
    expect(again).toMatchObject({ messages: 0, failed: 1 })
    expect(again.failures[0]?.reason).toContain('has been deleted or restored since')
  })
})
