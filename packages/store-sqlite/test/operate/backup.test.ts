import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { backupStore, restoreStore, verifyStore } from '@gatepost/store-sqlite'
import { describe, expect, it } from 'vitest'

import { makeFolder, openIn } from '../open-fixture.ts'
import { spawnChild } from '../spawn-child.ts'
import { fill, fillStore, mailboxOf } from './filled-store.ts'

describe('a backup', () => {
  it('is one file for its owner alone, complete, with nothing beside it', async () => {
    using folder = makeFolder()
    using target = makeFolder()
    await using store = await openIn(folder.path)
    await fill(store)
    const to = join(target.path, 'mail.backup')
    const seen: number[] = []
    const summary = await backupStore({
      dataFolder: folder.path,
      to,
      onProgress: ({ done, total }) => seen.push(done / total),
    })
    expect(summary).toEqual({ bytes: statSync(to).size, accounts: 2, emails: 15 })
    expect(readdirSync(target.path)).toEqual(['mail.backup'])
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(seen.at(-1)).toBe(1)
    // A disk that is mounted read-only can hold it.
    chmodSync(target.path, 0o500)
    const db = new DatabaseSync(to, { readOnly: true })
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
    db.close()
    chmodSync(target.path, 0o700)
  })

  it('ends while others write without a pause, and holds nobody up', async () => {
    using folder = makeFolder()
    using target = makeFolder()
    const { me } = await fillStore(folder.path)
    await addBallast(folder.path)
    await using server = spawnChild('deliver', folder.path, me)
    const heard: string[] = []
    const listen = (async () => {
      for (;;) {
        const { value, done } = await server.lines.next()
        if (done === true) return
        heard.push(JSON.parse(value) as string)
      }
    })()
    while (heard.length < 20) await new Promise((resolve) => setImmediate(resolve))
    const before = [...heard]
    const heardAtSteps = new Set<number>()
    const to = join(target.path, 'mail.backup')
    await backupStore({
      dataFolder: folder.path,
      to,
      onProgress: () => heardAtSteps.add(heard.length),
    })
    const after = heard.length
    expect(after).toBeGreaterThan(before.length)
    expect(heardAtSteps.size).toBeGreaterThan(2)
    await server.kill()
    await listen
    await restoreStore({ dataFolder: join(target.path, 'restored'), from: to })
    const { problems } = await verifyStore({
      dataFolder: join(target.path, 'restored'),
      isDeep: true,
    })
    expect(problems).toEqual([])
    const subjects = subjectsIn(to)
    expect(subjects).toEqual(expect.arrayContaining(before))
  })

  it('does not replace a file unless it is told to, and then only by a whole one', async () => {
    using folder = makeFolder()
    using target = makeFolder()
    await fillStore(folder.path)
    const to = join(target.path, 'mail.backup')
    writeFileSync(to, 'precious')
    const options = { dataFolder: folder.path, to }
    await expect(backupStore(options)).rejects.toMatchObject({ code: 'backup.exists' })
    damagePage(join(folder.path, 'gatepost.sqlite'))
    await expect(backupStore({ ...options, mayReplace: true })).rejects.toMatchObject({
      code: 'backup.damaged',
    })
    expect(readFileSync(to, 'utf8')).toBe('precious')
    expect(readdirSync(target.path)).toEqual(['mail.backup'])
    using other = makeFolder()
    await fillStore(other.path)
    await backupStore({ dataFolder: other.path, to, mayReplace: true })
    expect(subjectsIn(to)).toContain('about 1')
  })

  it.each(['gatepost.sqlite', 'gatepost.sqlite-wal', 'search.sqlite', 'server.lock'])(
    'is never written over %s',
    async (name) => {
      using folder = makeFolder()
      await fillStore(folder.path)
      const to = join(folder.path, name)
      await expect(
        backupStore({ dataFolder: folder.path, to, mayReplace: true }),
      ).rejects.toMatchObject({ code: 'backup.exists' })
      expect((await verifyStore({ dataFolder: folder.path })).problems).toEqual([])
    },
  )

  it('says what keeps it from being written', async () => {
    using folder = makeFolder()
    const to = join(folder.path, 'missing', 'mail.backup')
    await expect(backupStore({ dataFolder: folder.path, to })).rejects.toMatchObject({
      code: 'store.notFound',
    })
    await fillStore(folder.path)
    await expect(backupStore({ dataFolder: folder.path, to })).rejects.toMatchObject({
      code: 'backup.notWritten',
      message: expect.stringContaining('ENOENT') as string,
    })
  })

  it('takes the place of what an earlier one left when it was killed', async () => {
    using folder = makeFolder()
    await fillStore(folder.path)
    const to = join(folder.path, 'mail.backup')
    writeFileSync(`${to}.partial`, 'half of a backup')
    await backupStore({ dataFolder: folder.path, to })
    expect(existsSync(`${to}.partial`)).toBe(false)
    expect(subjectsIn(to)).toContain('about 0')
  })
})

/** Enough that a backup takes several steps. */
async function addBallast(folder: string): Promise<void> {
  await using store = await openIn(folder)
  const [me] = await store.directory.listAccounts()
  if (me === undefined) throw new Error('no account')
  const archive = await mailboxOf(store.mail, me.id, 'archive')
  for (let at = 0; at < 6; at += 1)
    await store.mail.transact(me.id, [
      {
        op: 'addEmail',
        content: Buffer.concat([Buffer.from('Subject: ballast\r\n\r\n'), randomBytes(8_000_000)]),
        mailboxIds: [archive.id],
        keywords: [],
        receivedAt: at,
      },
    ])
}

function subjectsIn(path: string): unknown[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return db
      .prepare("SELECT mime ->> '$.envelope.subject' AS subject FROM blob_index")
      .all()
      .map(({ subject }) => subject)
  } finally {
    db.close()
  }
}

function damagePage(path: string): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, 5 * 4096)
  closeSync(file)
}
