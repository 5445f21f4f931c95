import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { GatepostProcess } from '../support/gatepost-process.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { MailBench } from './mail-bench.ts'

let bench: MailBench

beforeEach(async () => {
  bench = await MailBench.open()
  const me = await bench.addAccount('me')
  const inbox = await bench.mailbox(me, 'inbox')
  await bench.add(me, inbox, { content: 'Subject: one\r\n\r\n', keywords: ['$seen'] })
  await bench.add(me, inbox, { content: 'Subject: two\r\n\r\n' })
})
afterEach(() => bench[Symbol.asyncDispose]())

async function gatepost(...args: string[]): Promise<CommandResult> {
  return runCommand(join(bench.folder, 'gatepost.toml'), args)
}

function tamper(sql: string): void {
  const db = new DatabaseSync(join(bench.data, 'gatepost.sqlite'))
  db.exec(sql)
  db.close()
}

describe('gatepost store verify', () => {
  it('says that a store is sound', async () => {
    expect(await gatepost('store', 'verify')).toMatchObject({
      code: 0,
      out: 'checked 1 accounts, 6 mailboxes, 2 emails, 2 contents (0.0 MB): no problems\n',
      error: '',
    })
    const { out } = await gatepost('store', 'verify', '--deep', '--json')
    expect(JSON.parse(out)).toMatchObject({ isClean: true, problems: [], checked: { emails: 2 } })
  })

  it('lists what is wrong, with the mail that it concerns, and ends with 1', async () => {
    tamper(`UPDATE mailbox SET total_emails = 7 WHERE role = 'inbox'`)
    tamper(`UPDATE blob_chunk SET bytes = x'00' WHERE id = 4096`)
    const result = await gatepost('store', 'verify')
    expect(result.code).toBe(1)
    expect(result.out).toContain('mailbox.totalEmails me@example.test INBOX: expected 2, found 7\n')
    expect(result.out).toMatch(
      /^blob\.content blob b[\w-]{43}: expected 16 bytes, .*\n {2}concerns me@example\.test INBOX e\d+$/m,
    )
    expect(result.error).toMatch(/^gatepost: checked .*: 2 problems$/m)
    const { out, code } = await gatepost('store', 'verify', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      isClean: false,
      counts: { 'mailbox.totalEmails': 1, 'blob.content': 1 },
    })
  })

  it('lets no name command the terminal', async () => {
    tamper(`UPDATE mailbox SET name = 'a' || char(27) || ']0;x' WHERE role = 'sent'`)
    const { out } = await gatepost('store', 'verify')
    expect(out).toContain('a?]0;x')
    expect(out).not.toContain('\u001b')
  })

  it('says where there is no store', async () => {
    writeFileSync(join(bench.folder, 'gatepost.toml'), 'data = "elsewhere"\n')
    expect(await gatepost('store', 'verify')).toMatchObject({
      code: 1,
      error: expect.stringContaining('there is no store in') as string,
    })
  })
})

describe('gatepost store backup and restore', () => {
  it('put the store back as it was', async () => {
    const file = join(bench.folder, 'mail.backup')
    expect(await gatepost('store', 'backup', file)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^backed up 1 accounts with 2 emails to .*mail\.backup \([\d.]+ MB\): it is as secret as the data folder\n$/,
      ) as string,
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await gatepost('store', 'backup', file)).toMatchObject({
      code: 1,
      error: expect.stringContaining('exists: --force replaces it') as string,
    })
    expect((await gatepost('store', 'backup', file, '--force')).code).toBe(0)
    await bench.store.directory.addAccount('later@example.test', { hash: 'hash' })
    await bench.store[Symbol.asyncDispose]()
    expect(await gatepost('store', 'restore', file)).toMatchObject({
      code: 1,
      error: expect.stringContaining('--force puts it aside') as string,
    })
    const restored = await gatepost('store', 'restore', file, '--force')
    expect(restored).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^restored 1 accounts with 2 emails to .*data; the store that was there is .*before-restore-/,
      ) as string,
    })
    expect(JSON.parse((await gatepost('account', 'list', '--json')).out)).toMatchObject([
      { address: 'me@example.test' },
    ])
    expect((await gatepost('store', 'verify', '--deep')).code).toBe(0)
  })

  it('work beside a server: a backup does, a restore is refused', async () => {
    await bench.store[Symbol.asyncDispose]()
    await using server = new GatepostProcess({
      folder: bench.folder,
      args: ['--config', join(bench.folder, 'gatepost.toml')],
    })
    await server.ready()
    const file = join(bench.folder, 'mail.backup')
    expect((await gatepost('store', 'backup', file)).code).toBe(0)
    expect((await gatepost('store', 'verify', '--deep')).code).toBe(0)
    expect(await gatepost('store', 'restore', file, '--force')).toMatchObject({
      code: 1,
      error: expect.stringContaining(`another server (pid ${server.child.pid})`) as string,
    })
    await server.stop()
    expect((await gatepost('store', 'restore', file, '--force', '--json')).out).toMatch(
      /"putAsideAs":".*before-restore/,
    )
    await using again = new GatepostProcess({
      folder: bench.folder,
      args: ['--config', join(bench.folder, 'gatepost.toml')],
    })
    await again.ready()
  })
})

describe('gatepost store export and import', () => {
  it('say in a line what they did', async () => {
    await bench.addAccount('you')
    const root = join(bench.folder, 'out')
    expect(await gatepost('store', 'export', 'me@example.test', '--maildir', root)).toMatchObject({
      code: 0,
      out: `exported 2 messages (0.0 MB) of me@example.test from 6 mailboxes to ${root}\n`,
    })
    expect(await gatepost('store', 'import', 'you@example.test', '--maildir', root)).toMatchObject({
      code: 0,
      out: `imported 2 messages (0.0 MB) from ${root} into 6 mailboxes of you@example.test\n`,
    })
    const again = await gatepost('store', 'import', 'you@example.test', '--maildir', root)
    expect(again.out).toMatch(/2 had been done before \(.*\.journal remembers\)/)
    const { out } = await gatepost(
      'store',
      'export',
      'me@example.test',
      '--maildir',
      root,
      '--json',
    )
    expect(JSON.parse(out)).toMatchObject({
      account: 'me@example.test',
      format: 'maildir',
      messages: 0,
      earlier: 2,
      failed: 0,
    })
    expect(readdirSync(join(bench.data, 'imports'))).toHaveLength(1)
  })

  it('end with 1 when something could not be transferred, and say what', async () => {
    bench.write({
      [`their/${'.a'.repeat(25)}/cur/1.host`]: 'Subject: deep\n\n',
      'their/cur/2.host': 'Subject: x\n\n',
      'their/cur/3.host/x': 'a folder',
    })
    const result = await gatepost(
      'store',
      'import',
      'me@example.test',
      '--maildir',
      join(bench.folder, 'their'),
    )
    expect(result.code).toBe(1)
    expect(result.out).toContain('imported 1 messages')
    expect(result.out).toContain('1 skipped\n  cur/3.host: no regular file')
    expect(result.error).toMatch(/^gatepost: 1 failed\n {2}a\/a.*nested too deeply/)
  })

  it.each([
    ['no mail at all\n', '15 bytes of text in front of'],
    [
      'From \nX-Mozilla-Status: 0008\nSubject: deleted\n\n',
      'no message was transferred, and 1 skipped',
    ],
  ])('end with 1 when nothing came of an mbox: it was 0 (%j)', async (text, reason) => {
    bench.write({ 'their.mbox': text })
    const root = join(bench.folder, 'their.mbox')
    const result = await gatepost('store', 'import', 'me@example.test', '--mbox', root)
    expect(result.code).toBe(1)
    expect(result.error).toContain(reason)
  })

  it.each([
    [['export', 'me@example.test'], 'either --maildir DIR or --mbox DIR'],
    [['export', 'me@example.test', '--maildir', 'a', '--mbox', 'b'], 'either --maildir DIR'],
    [['export', 'nobody@example.test', '--mbox', 'x'], 'no account nobody@example.test'],
    [['import', 'me@example.test', '--mbox', '/nonexistent'], 'ENOENT'],
    [['import', 'me@example.test', '--maildir', '/nonexistent'], 'ENOENT'],
  ])('refuse %j with a reason', async (args, reason) => {
    const result = await gatepost('store', ...args)
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.error).toContain(reason)
    expect(result.error).not.toContain('    at ')
  })

  it('are told of by the help', async () => {
    const { out } = await gatepost('help')
    expect(out).toContain('gatepost store import <account> --maildir DIR | --mbox DIR')
    expect(readFileSync(join(bench.folder, 'gatepost.toml'), 'utf8')).toContain('data')
  })
})

describe.each(['maildir', 'mbox'])('gatepost store export and import of a %s', (format) => {
  it('keep the zone of the date and the spelling of keywords: they came back as UTC and in lower case', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    await bench.add(from, await bench.mailbox(from, 'inbox'), {
      content: 'Subject: zoned\r\n\r\n',
      keywords: ['$seen', 'NonJunk', '$Forwarded'],
      receivedAt: 1_600_000_000_000,
      zoneMinutes: -210,
    })
    const folder = join(bench.folder, 'out')
    const clean = { code: 0, error: '' }
    expect(
      await gatepost('store', 'export', 'from@example.test', `--${format}`, folder),
    ).toMatchObject(clean)
    expect(
      await gatepost('store', 'import', 'to@example.test', `--${format}`, folder),
    ).toMatchObject(clean)
    expect(await bench.see(to)).toEqual(await bench.see(from))
    expect((await bench.see(to)).find(({ path }) => path === 'INBOX')?.messages).toMatchObject([
      { receivedAt: 1_600_000_000_000, zoneMinutes: -210 },
    ])
    expect(await bench.spellings(to)).toContain('NonJunk')
  })
})
