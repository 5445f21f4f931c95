import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs'
import { rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

import type { AccountId } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { exportMail } from '../../src/transfer/export-mail.ts'
import { importMail } from '../../src/transfer/import-mail.ts'
import { isBorrowed, openRegular } from '../../src/transfer/regular-file.ts'
import type { TransferSummary } from '../../src/transfer/transfer-summary.ts'
import { MailBench } from './mail-bench.ts'

let bench: MailBench
let me: AccountId

beforeEach(async () => {
  bench = await MailBench.open()
  me = await bench.addAccount('me')
  bench.write({
    'system/secret': 'Subject: secret\n\nroot only\n',
    'system/cur/1.M1.host': 'Subject: secret\n\nx\n',
  })
})
afterEach(() => bench[Symbol.asyncDispose]())

const mail = 'Subject: mine\n\nbody\n'
const entryOf = (subject: string): string => entry.replace('mine', subject)
const entry = `From me@example.org Tue Jul  1 10:05:09 2025\n${mail}\n`

const at = (name: string): string => join(bench.folder, name)
const link = (to: string, name: string): void => symlinkSync(at(to), at(name))
const fifo = (name: string): void => void execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', at(name)])

function importAs(format: 'maildir' | 'mbox', name = 'their'): Promise<TransferSummary> {
  const options = { mail: bench.store.mail, account: me, format, prefix: [] }
  return importMail({ ...options, root: at(name), journalPath: at('journal') })
}

function exportAs(format: 'maildir' | 'mbox'): Promise<TransferSummary> {
  return exportMail({ mail: bench.store.mail, account: me, format, root: at('out') })
}

const skippedIn = ({ skipped }: TransferSummary): string[] =>
  skipped.map(({ where }) => where).toSorted()

function untouched(): void {
  expect(readFileSync(at('system/secret'), 'utf8')).toContain('root only')
  expect(readdirSync(at('system')).toSorted()).toEqual(['cur', 'secret'])
  expect(readdirSync(at('system/cur'))).toEqual(['1.M1.host'])
}

async function everySubject(): Promise<string[]> {
  return (await bench.allSubjects(me)).flatMap(([, ...subjects]) => subjects)
}

describe('an import of a folder that its owner has prepared', () => {
  it('reads no file and no folder through a symbolic link, and says so: a system file ended up in a mailbox', async () => {
    bench.write({ 'their/cur/1.M1.host': mail, 'their/.Work/new/.keep': '' })
    link('system/secret', 'their/cur/2.M2.host')
    link('system', 'their/.System')
    link('system', 'their/System')
    link('system/cur', 'their/.Work/cur')
    link('system/secret', 'their/dovecot-keywords')
    const summary = await importAs('maildir')
    expect(summary).toMatchObject({ messages: 1, failed: 0, skippedCount: 5, stoppedBy: null })
    expect(skippedIn(summary)).toEqual(
      ['.System', '.Work/cur', 'System', 'cur/2.M2.host', 'dovecot-keywords'].toSorted(),
    )
    for (const { reason } of summary.skipped) expect(reason).toMatch(/no folder|regular file/)
    expect(await everySubject()).toEqual(['mine'])
  })

  it('waits for no FIFO, socket or device', async () => {
    bench.write({ 'their/cur/1.M1.host': mail })
    fifo('their/cur/2.M2.host')
    fifo('their/dovecot-keywords')
    fifo('their/gatepost-mailboxes.json')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(at('their/cur/3.M3.host'), resolve))
    try {
      const summary = await importAs('maildir')
      expect(summary).toMatchObject({ messages: 1, failed: 0 })
      expect(skippedIn(summary)).toContain('cur/2.M2.host')
      expect(skippedIn(summary)).toContain('cur/3.M3.host')
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('of mboxes does not either', async () => {
    bench.write({ 'their/Work.mbox': entry, 'system/other': entry.replace('mine', 'secret') })
    link('system/other', 'their/Linked.mbox')
    link('system', 'their/Folder')
    fifo('their/Pipe.mbox')
    const summary = await importAs('mbox')
    expect(summary).toMatchObject({ messages: 1, failed: 0, skippedCount: 3 })
    expect(skippedIn(summary)).toEqual(['Folder', 'Linked.mbox', 'Pipe.mbox'])
    expect(await everySubject()).toEqual(['mine'])
  })

  it('refuses a FIFO as the whole', async () => {
    fifo('their')
    await expect(importAs('mbox')).rejects.toThrow(/neither a folder nor a regular file/)
  })

  it('follows the name that it was given itself', async () => {
    bench.write({ 'real/cur/1.M1.host': mail })
    link('real', 'their')
    expect(await importAs('maildir')).toMatchObject({ messages: 1, skippedCount: 0 })
  })

  it('goes so deep, and no deeper', async () => {
    const deep = Array.from({ length: 30 }, (_, level) => `L${level}`).join('/')
    bench.write({ [`their/${deep}/cur/1.M1.host`]: mail, 'their/cur/1.M1.host': mail })
    bench.write({ [`their/.${'a.'.repeat(30)}b/cur/1.M1.host`]: mail })
    const summary = await importAs('maildir')
    expect(summary).toMatchObject({ messages: 1, failed: 2 })
    expect(summary.failures.map(({ reason }) => reason)).toEqual([
      'too deep',
      expect.stringContaining('nested too deeply'),
    ])
  })
})

describe.each(['maildir', 'mbox'] as const)('an import of a %s', (format) => {
  it('tells of a folder that cannot be read, and reads the others: it ended there', async () => {
    bench.write({ 'their/Work/cur/1.M1.host': mail, 'their/Work/Plans.mbox': entry })
    // A path that no call takes.
    const script =
      'cd "$1"; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do mkdir "$2"; cd "$2"; done'
    execFileSync('bash', ['-c', script, 'bash', at('their'), 'x'.repeat(250)])
    try {
      const summary = await importAs(format)
      expect(summary).toMatchObject({ messages: 1, failed: 1, stoppedBy: null })
      expect(summary.failures[0]?.reason).toContain('ENAMETOOLONG')
    } finally {
      execFileSync('rm', ['-rf', at('their')])
    }
  })
})

it('an mbox that grows while it is read is read up to where it ended, without the message that may not be whole', async () => {
  const subjects = Array.from({ length: 150 }, (_, place) => `n${place}`)
  bench.write({ 'their/Work.mbox': subjects.map(entryOf).join('').slice(0, -4) })
  const { mail: store } = bench.store
  const summary = await importMail({
    mail: {
      ...store,
      read: (...args) => store.read(...args),
      transact: (...args) => {
        appendFileSync(at('their/Work.mbox'), `dy\n\n${entryOf('late')}`)
        return store.transact(...args)
      },
    },
    account: me,
    format: 'mbox',
    prefix: [],
    root: at('their'),
    journalPath: at('journal'),
  })
  expect(summary).toMatchObject({ messages: 149, failed: 1 })
  expect(summary.failures[0]?.reason).toContain('it is being written to')
  expect(await importAs('mbox')).toMatchObject({ earlier: 149, failed: 0 })
  const found = await everySubject()
  expect(found.filter((subject) => subject !== 'late')).toEqual(subjects)
  expect(found).toContain('late')
})

describe('a file that is opened to be read', () => {
  it('is none behind a folder that became a link after it was found', async () => {
    bench.write({ 'their/cur/secret': mail })
    const path = at('their/cur/secret')
    await (await openRegular(path)).close()
    await rename(at('their/cur'), at('their/moved'))
    link('system', 'their/cur')
    await expect(openRegular(path)).rejects.toMatchObject({ name: 'NoRegularFile' })
  })

  it('is none that is somebody else’s by another name', () => {
    expect(isBorrowed({ uid: 0, nlink: 2 }, { uid: 1000 })).toBe(true)
    expect(isBorrowed({ uid: 1000, nlink: 2 }, { uid: 1000 })).toBe(false)
    expect(isBorrowed({ uid: 0, nlink: 1 }, { uid: 1000 })).toBe(false)
  })
})

describe('an export into a folder that somebody has prepared', () => {
  beforeEach(async () => {
    const work = await bench.makeMailbox(me, 'Work')
    await bench.add(me, work, { content: 'Subject: one\r\n\r\nbody' })
    await exportAs('maildir')
  })

  it.each(['out/.Later', 'out/.Later/cur', 'out/.Later/tmp'])(
    'writes nothing through the folder %s that is a link',
    async (name) => {
      if (name !== 'out/.Later') mkdirSync(at('out/.Later'))
      link('system', name)
      const later = await bench.makeMailbox(me, 'Later')
      await bench.add(me, later, { content: 'Subject: two\r\n\r\nbody' })
      expect(await exportAs('maildir')).toMatchObject({ messages: 0, failed: 1 })
      untouched()
    },
  )

  it.each(['maildirfolder', 'dovecot-keywords.partial'])(
    'writes nothing through the file %s that is a link',
    async (name) => {
      mkdirSync(at('out/.Later'))
      link('system/secret', `out/.Later/${name}`)
      const later = await bench.makeMailbox(me, 'Later')
      await bench.add(me, later, { content: 'Subject: two\r\n\r\nbody', keywords: ['own'] })
      expect(await exportAs('maildir')).toMatchObject({ messages: 0, failed: 1 })
      untouched()
    },
  )

  it('of mboxes does not either, nor into a second name of a file', async () => {
    mkdirSync(at('mboxes'))
    const into = (): Promise<TransferSummary> =>
      exportMail({ mail: bench.store.mail, account: me, format: 'mbox', root: at('mboxes') })
    await into()
    const later = await bench.makeMailbox(me, 'Later')
    await bench.makeMailbox(me, 'Below', { parentId: later.id })
    const other = await bench.makeMailbox(me, 'Other')
    await bench.add(me, later, { content: 'Subject: two\r\n\r\nbody' })
    await bench.add(me, other, { content: 'Subject: three\r\n\r\nbody' })
    link('system/secret', 'mboxes/Later.mbox')
    link('system', 'mboxes/Later')
    bench.write({ empty: '' })
    linkSync(at('empty'), at('mboxes/Other.mbox'))
    expect(await into()).toMatchObject({ messages: 0, failed: 3 })
    expect(lstatSync(at('empty')).size).toBe(0)
    untouched()
  })

  it('refuses a journal that is a link', async () => {
    mkdirSync(at('prepared'))
    link('system/secret', 'prepared/gatepost-export.journal')
    const options = { mail: bench.store.mail, account: me, format: 'mbox' } as const
    await expect(exportMail({ ...options, root: at('prepared') })).rejects.toMatchObject({
      name: 'TransferRefusal',
    })
    untouched()
  })
})
