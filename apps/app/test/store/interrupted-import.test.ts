import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { AccountId, MailStore } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ImportJournal } from '../../src/transfer/import-journal.ts'
import { importMail } from '../../src/transfer/import-mail.ts'
import type { TransferSummary } from '../../src/transfer/transfer-summary.ts'
import { endingAt } from './ending-store.ts'
import { MailBench } from './mail-bench.ts'

const count = 350
let bench: MailBench
let me: AccountId

beforeEach(async () => {
  bench = await MailBench.open()
  me = await bench.addAccount('me')
  const files = Array.from({ length: count }, (_, at) => [
    `their/cur/${1000 + at}.host:2,S`,
    `Subject: ${at}\n\ntext\n`,
  ])
  bench.write(Object.fromEntries(files))
})
afterEach(() => bench[Symbol.asyncDispose]())

function run(mail: MailStore): Promise<TransferSummary> {
  return importMail({
    mail,
    account: me,
    format: 'maildir',
    root: join(bench.folder, 'their'),
    prefix: [],
    journalPath: join(bench.folder, 'journal'),
  })
}

const expected = Array.from({ length: count }, (_, at) => String(at))

describe('an import that ends with a transaction', () => {
  it.each([
    [1, true],
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ])(
    'the %ith, on disk: %s, is taken up without doubling or missing anything',
    async (n, isOnDisk) => {
      expect(await run(endingAt(bench.store.mail, n, isOnDisk))).toMatchObject({
        stoppedBy: 'the process has ended',
      })
      const stored = (await bench.subjects(me, 'INBOX')).length
      expect(stored).toBe(Math.min(count, 100 * (isOnDisk ? n : n - 1)))
      expect(await run(bench.store.mail)).toMatchObject({
        messages: count - stored,
        earlier: stored,
        stoppedBy: null,
      })
      expect(await bench.subjects(me, 'INBOX')).toEqual(expected)
    },
  )

  it('is taken up though others deliver and move mail in between', async () => {
    await run(endingAt(bench.store.mail, 2, true))
    const inbox = await bench.mailbox(me, 'inbox')
    const archive = await bench.mailbox(me, 'archive')
    await bench.add(me, inbox, { content: 'Subject: from elsewhere\r\n\r\n' })
    await bench.store.mail.transact(me, [
      { op: 'move', fromId: inbox.id, toId: archive.id, uids: [120, 121, 199] as never },
    ])
    expect(await run(bench.store.mail)).toMatchObject({ messages: 150, earlier: 200 })
    const all = [...(await bench.subjects(me, 'INBOX')), ...(await bench.subjects(me, 'Archive'))]
    expect(all.toSorted()).toEqual([...expected, 'from elsewhere'].toSorted())
  })

  it('is taken up though the same message has come by another way', async () => {
    await run(endingAt(bench.store.mail, 1, false))
    const inbox = await bench.mailbox(me, 'inbox')
    await bench.add(me, inbox, {
      content: 'Subject: 7\r\n\r\ntext\r\n',
      keywords: ['$seen'],
      receivedAt: 5,
    })
    expect(await run(bench.store.mail)).toMatchObject({ messages: count, earlier: 0 })
    expect(await bench.subjects(me, 'INBOX')).toEqual(['7', ...expected])
  })
})

describe('a journal', () => {
  it('lets one run in at a time', async () => {
    const path = join(bench.folder, 'journal')
    const about = { account: me, root: join(bench.folder, 'their'), format: 'maildir', prefix: '' }
    using journal = ImportJournal.open(path, about)
    expect(journal.open()).toBeUndefined()
    await expect(run(bench.store.mail)).rejects.toThrow('another run is at work')
  })

  it('is of one import', async () => {
    await run(bench.store.mail)
    bench.write({ 'other/cur/1.host': 'Subject: x\n\n' })
    const options = {
      mail: bench.store.mail,
      account: me,
      format: 'maildir',
      root: join(bench.folder, 'other'),
      prefix: [],
      journalPath: join(bench.folder, 'journal'),
    } as const
    await expect(importMail(options)).rejects.toThrow('tells of another import')
    rmSync(options.journalPath)
    expect(await importMail(options)).toMatchObject({ messages: 1 })
  })
})
