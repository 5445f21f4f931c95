import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'

import type { AccountId, MailOp } from '@gatepost/core'
import { verifyStore } from '@gatepost/store-sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { importMail } from '../../src/transfer/import-mail.ts'
import { MailBench } from './mail-bench.ts'

const cli = join(import.meta.dirname, '../../src/cli.ts')
/** Ended after so many changes that its folder shows. */
const changesBeforeEnd = [1, 5, 12, 30, 70]

let bench: MailBench

beforeEach(async () => {
  bench = await MailBench.open()
})
afterEach(() => bench[Symbol.asyncDispose]())

function gatepost(...args: string[]): ChildProcess {
  return spawn(execPath, [cli, ...args, '--config', join(bench.folder, 'gatepost.toml')], {
    cwd: bench.folder,
    stdio: 'ignore',
  })
}

/** SIGKILL at a change of the folder; false when the command came to its end before. */
async function killedAt(change: number, watched: string, ...args: string[]): Promise<boolean> {
  mkdirSync(watched, { recursive: true })
  const child = gatepost(...args)
  let changes = 0
  const watcher = watch(watched, () => {
    changes += 1
    if (changes === change) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
  watcher.close()
  return signal === 'SIGKILL'
}

async function ended(...args: string[]): Promise<number | null> {
  const [code] = (await once(gatepost(...args), 'exit')) as [number | null]
  return code
}

async function fill(account: AccountId, count: number): Promise<void> {
  const inbox = await bench.mailbox(account, 'inbox')
  const sent = await bench.mailbox(account, 'sent')
  const ops = Array.from({ length: count }, (_, at): MailOp => ({
    op: 'addEmail',
    content: Buffer.from(`Subject: ${at}\r\n\r\n${`text of ${at}\r\n`.repeat(at % 50)}`),
    mailboxIds: [at % 4 === 0 ? sent.id : inbox.id],
    keywords: at % 3 === 0 ? ['$seen', `word${at % 7}`] : [],
    receivedAt: 1_600_000_000_000 + at * 1000,
    isDeleted: at % 11 === 0,
  }))
  await bench.store.mail.transact(account, ops)
}

describe.each(['maildir', 'mbox'] as const)('%s', (format) => {
  it('export: killed again and again, it doubles nothing and misses nothing', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    await fill(from, 500)
    const root = join(bench.folder, 'out')
    const args = ['store', 'export', 'from@example.test', `--${format}`, root]
    let kills = 0
    for (const change of changesBeforeEnd) kills += (await killedAt(change, root, ...args)) ? 1 : 0
    expect(kills).toBeGreaterThan(1)
    expect(await ended(...args)).toBe(0)
    await importMail({
      mail: bench.store.mail,
      account: to,
      format,
      root,
      prefix: [],
      journalPath: join(bench.folder, 'journal'),
    })
    expect(await bench.see(to)).toEqual(await bench.see(from))
  })

  it('import: killed again and again, it doubles nothing and misses nothing', async () => {
    const from = await bench.addAccount('from')
    const to = await bench.addAccount('to')
    await fill(from, 1_500)
    const root = join(bench.folder, 'out')
    expect(await ended('store', 'export', 'from@example.test', `--${format}`, root)).toBe(0)
    const imports = join(bench.data, 'imports')
    const args = ['store', 'import', 'to@example.test', `--${format}`, root]
    let kills = 0
    for (const change of changesBeforeEnd)
      kills += (await killedAt(change, imports, ...args)) ? 1 : 0
    expect(kills).toBeGreaterThan(1)
    expect(await ended(...args)).toBe(0)
    expect(await bench.see(to)).toEqual(await bench.see(from))
    expect((await verifyStore({ dataFolder: bench.data })).problems).toEqual([])
  })
})
