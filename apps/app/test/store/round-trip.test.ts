import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { AccountId } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { exportMail } from '../../src/transfer/export-mail.ts'
import { importMail } from '../../src/transfer/import-mail.ts'
import type { TransferSummary } from '../../src/transfer/transfer-summary.ts'
import { MailBench } from './mail-bench.ts'

let bench: MailBench
let count: number

beforeEach(async () => {
  bench = await MailBench.open()
  count = 0
})
afterEach(() => bench[Symbol.asyncDispose]())

type Format = 'maildir' | 'mbox'
const formats: readonly Format[] = ['maildir', 'mbox']

function exportTo(account: AccountId, format: Format, root: string): Promise<TransferSummary> {
  return exportMail({ mail: bench.store.mail, account, format, root })
}

function importFrom(
  account: AccountId,
  format: Format,
  root: string,
  prefix: readonly string[] = [],
): Promise<TransferSummary> {
  count += 1
  const journalPath = join(bench.folder, `import-${count}.journal`)
  return importMail({ mail: bench.store.mail, account, format, root, prefix, journalPath })
}

const clean = { failed: 0, failures: [], stoppedBy: null }
const keyword = fc.stringMatching(/^[!#$&'+-Z[^-z|}~]{1,20}$/)
const message = fc.record({
  content: fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .array(
        fc.constantFrom('From ', '>From x', '\n', '\r\n', 'Subject: a', 'Status: R', '\r', 'text'),
        { maxLength: 10 },
      )
      .map((parts) => Buffer.from(parts.join(''))),
  ),
  keywords: fc.array(
    fc.oneof(keyword, fc.constantFrom('$seen', '$flagged', '$draft', '$answered', '$forwarded')),
    { maxLength: 5 },
  ),
  isDeleted: fc.boolean(),
  receivedAt: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  zoneMinutes: fc.integer({ min: -1_439, max: 1_439 }),
})
const folderNames = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom('Tom & Jerry', 'v1.0', '.hidden', 'Größe', 'a.mbox', '~', 'x:y', 'cur', '日本'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 10 }),
  ),
  { maxLength: 3 },
)

describe.each(formats)('%s', (format) => {
  it('brings everything of an account into another one', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { maxLength: 6 }),
        folderNames,
        async (messages, names) => {
          run += 1
          const from = await bench.addAccount(`from${run}`)
          const to = await bench.addAccount(`to${run}`)
          const mailboxes = [await bench.mailbox(from, 'inbox'), await bench.mailbox(from, 'sent')]
          for (const [at, name] of names.entries()) {
            const parent = at % 2 === 0 ? undefined : mailboxes.at(-1)
            const made = await bench
              .makeMailbox(from, name, {
                isSubscribed: at === 1,
                ...(parent === undefined ? {} : { parentId: parent.id }),
              })
              // A name that the store does not take.
              .catch(() => undefined)
            if (made !== undefined) mailboxes.push(made)
          }
          for (const [at, one] of messages.entries()) {
            const mailbox = mailboxes[at % mailboxes.length]
            if (mailbox !== undefined) await bench.add(from, mailbox, one)
          }
          const root = join(bench.folder, `out${run}`)
          const sum = { messages: messages.length, mailboxes: mailboxes.length + 4, ...clean }
          expect(await exportTo(from, format, root)).toMatchObject({ ...sum, earlier: 0 })
          expect(await importFrom(to, format, root)).toMatchObject({ ...sum, earlier: 0 })
          expect(await bench.see(to)).toEqual(await bench.see(from))
          expect(await bench.spellings(to)).toEqual(await bench.spellings(from))
        },
      ),
      { numRuns: 25 },
    )
    expect((await verifyStore({ dataFolder: bench.data })).problems).toEqual([])
  })

  it('keeps more keywords than a Maildir has letters', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    const inbox = await bench.mailbox(from, 'inbox')
    for (let at = 0; at < 5; at += 1)
      await bench.add(from, inbox, {
        content: `Subject: ${at}\r\n\r\n`,
        keywords: Array.from({ length: 10 }, (_, other) => `k${at * 10 + other}`),
      })
    const root = join(bench.folder, 'out')
    await exportTo(from, format, root)
    await importFrom(to, format, root)
    expect(await bench.see(to)).toEqual(await bench.see(from))
  })

  it('brings deep and long names', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    let parent = await bench.makeMailbox(from, 'ö'.repeat(120))
    for (let depth = 0; depth < 6; depth += 1)
      parent = await bench.makeMailbox(from, 'ä'.repeat(120), { parentId: parent.id })
    await bench.add(from, parent, { content: 'Subject: deep\r\n\r\n' })
    const root = join(bench.folder, 'out')
    expect(await exportTo(from, format, root)).toMatchObject({ messages: 1, ...clean })
    await importFrom(to, format, root)
    expect(await bench.see(to)).toEqual(await bench.see(from))
  })

  it('adds what is new when it is run again, and doubles nothing', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    const inbox = await bench.mailbox(from, 'inbox')
    const root = join(bench.folder, 'out')
    const journalPath = join(bench.folder, 'journal')
    const importAgain = (): Promise<TransferSummary> =>
      importMail({ mail: bench.store.mail, account: to, format, root, prefix: [], journalPath })
    for (let round = 1; round <= 3; round += 1) {
      await bench.add(from, inbox, { content: `Subject: ${round}\r\n\r\nsame\r\n` })
      await bench.add(from, inbox, { content: 'Subject: twin\r\n\r\n' })
      const done = { messages: 2, earlier: 2 * (round - 1), ...clean }
      expect(await exportTo(from, format, root)).toMatchObject(done)
      expect(await importAgain()).toMatchObject(done)
      expect(await bench.see(to)).toEqual(await bench.see(from))
    }
    expect(await exportTo(from, format, root)).toMatchObject({ messages: 0, earlier: 6 })
    expect(await importAgain()).toMatchObject({ messages: 0, earlier: 6 })
  })

  it('puts everything below a prefix', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    await bench.add(from, await bench.mailbox(from, 'inbox'), { content: 'Subject: in\r\n\r\n' })
    await bench.add(from, await bench.mailbox(from, 'sent'), { content: 'Subject: out\r\n\r\n' })
    const root = join(bench.folder, 'out')
    await exportTo(from, format, root)
    await importFrom(to, format, root, ['Old', 'Mail'])
    expect(await bench.subjects(to, 'Old/Mail/INBOX')).toEqual(['in'])
    expect(await bench.subjects(to, 'Old/Mail/Sent')).toEqual(['out'])
    expect(await bench.subjects(to, 'INBOX')).toEqual([])
    expect((await bench.mailbox(to, 'sent')).totalEmails).toBe(0)
  })

  it('is written for its owner alone', async () => {
    const from = await bench.addAccount('from')
    await bench.add(from, await bench.mailbox(from, 'inbox'), { content: 'Subject: in\r\n\r\n' })
    const root = join(bench.folder, 'out')
    await exportTo(from, format, root)
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      const status = statSync(join(root, name))
      expect([name, status.mode & 0o077]).toEqual([name, 0])
    }
  })

  it('is not mixed with what is there already', async () => {
    const from = await bench.addAccount('from')
    const other = await bench.addAccount('other')
    bench.write({ 'out/precious': 'text' })
    const root = join(bench.folder, 'out')
    await expect(exportTo(from, format, root)).rejects.toThrow('is not empty')
    expect(readdirSync(root)).toEqual(['precious'])
    const ours = join(bench.folder, 'ours')
    await exportTo(from, format, ours)
    await expect(exportTo(other, format, ours)).rejects.toThrow('another account')
    const otherFormat = format === 'maildir' ? 'mbox' : 'maildir'
    await expect(exportTo(from, otherFormat, ours)).rejects.toThrow('another format')
  })

  it('tells of a message that cannot be read, writes the others, and tries again', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    const inbox = await bench.mailbox(from, 'inbox')
    for (let at = 1; at <= 4; at += 1)
      await bench.add(from, inbox, { content: `Subject: ${at}\r\n\r\n` })
    const { mail } = bench.store
    const [, broken] = await mail.read(from, ({ memberships }) => memberships.page(inbox.id, 0, 10))
    const spoilt: Pick<typeof mail, 'read'> = {
      read: (account, use) =>
        mail.read(account, (reader) =>
          use({
            ...reader,
            state: reader.state,
            mailboxes: reader.mailboxes,
            memberships: reader.memberships,
            emails: reader.emails,
            changes: reader.changes,
            blobs: {
              sizes: (ids) => reader.blobs.sizes(ids),
              ranges: async (ranges) => {
                if (ranges.some(({ id }) => id === broken?.blobId))
                  throw new Error('database disk image is malformed')
                return reader.blobs.ranges(ranges)
              },
            },
          }),
        ),
    }
    const root = join(bench.folder, 'out')
    const failed = {
      failed: 1,
      failures: [{ where: 'INBOX UID 2', reason: 'database disk image is malformed' }],
    }
    const options = { account: from, format, root }
    expect(await exportMail({ ...options, mail: spoilt })).toMatchObject({ messages: 3, ...failed })
    expect(await exportMail({ ...options, mail: spoilt })).toMatchObject({
      messages: 0,
      earlier: 3,
      ...failed,
    })
    expect(await exportMail({ ...options, mail })).toMatchObject({
      messages: 1,
      earlier: 3,
      ...clean,
    })
    expect(await exportMail({ ...options, mail })).toMatchObject({ messages: 0, earlier: 4 })
    await importFrom(to, format, root)
    expect((await bench.subjects(to, 'INBOX')).toSorted()).toEqual(['1', '2', '3', '4'])
  })
})

describe('an mbox that another program has changed since', () => {
  it('is not written to', async () => {
    const from = await bench.addAccount('from')
    const inbox = await bench.mailbox(from, 'inbox')
    await bench.add(from, inbox, { content: 'Subject: 1\r\n\r\n' })
    const root = join(bench.folder, 'out')
    await exportTo(from, 'mbox', root)
    const file = join(root, 'INBOX.mbox')
    const changed = `${readFileSync(file, 'latin1')}From me Tue Jul  1 08:05:09 2025\nSubject: theirs\n\n`
    writeFileSync(file, changed)
    await bench.add(from, inbox, { content: 'Subject: 2\r\n\r\n' })
    expect(await exportTo(from, 'mbox', root)).toMatchObject({
      messages: 0,
      failures: [{ where: 'INBOX', reason: expect.stringContaining('has been changed') as string }],
    })
    expect(readFileSync(file, 'latin1')).toBe(changed)
    expect(existsSync(join(root, 'Sent.mbox'))).toBe(true)
  })
})
