/** The store without any protocol: deliveries, the MIME scanner, searches, memory, and how cost grows with size. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

import type { AccountId, MailboxId } from '../../packages/core/src/index.ts'
import { indexMessage } from '../../packages/mime/src/index.ts'
import { openStore, type SqliteStore } from '../../packages/store-sqlite/src/index.ts'
import { mixedMessage, plainMessage } from './messages.ts'
import { rate, report, residentMb } from './report.ts'

const parallel = 20

export interface FilledStore extends AsyncDisposable {
  readonly store: SqliteStore
  readonly account: AccountId
  readonly inbox: MailboxId
}

export async function openEmpty(): Promise<FilledStore> {
  await using resources = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-bench-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  const store = resources.use(
    await openStore({ dataFolder: folder, localDomains: ['example.test'] }),
  )
  const { id } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const [first] = await store.mail.read(id, ({ mailboxes }) => mailboxes.list())
  if (first === undefined) throw new Error('no INBOX')
  const owned = resources.move()
  return { store, account: id, inbox: first.id, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** So many deliveries at once wait for their commits. */
export async function deliver(
  { store, account }: Pick<FilledStore, 'store' | 'account'>,
  { from, count, bytes }: { from: number; count: number; bytes: number },
): Promise<void> {
  let next = from
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      const number = next
      next += 1
      await store.mail.deliver({
        content: plainMessage(number, bytes),
        receivedAt: 1_700_000_000_000 + number * 1000,
        local: [{ accountId: account, role: 'inbox', keywords: number % 4 === 0 ? ['$seen'] : [] }],
      })
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
}

export async function benchStore(size: number): Promise<void> {
  await benchScanner()
  await using filled = await openEmpty()
  let done = 0
  let last = 0
  for (const step of steps(size)) {
    const startedAt = performance.now()
    const cpuBefore = process.cpuUsage()
    await deliver(filled, { from: done, count: step - done, bytes: 4096 })
    const perSecond = ((step - done) * 1000) / (performance.now() - startedAt)
    const { user, system } = process.cpuUsage(cpuBefore)
    report({
      bench: 'store',
      name: 'deliver',
      value: perSecond,
      unit: 'messages/s',
      messages: step,
      // Of all threads: unlike the rate, it hardly depends on what else the machine does.
      cpuMicrosPerMessage: Math.round((user + system) / (step - done)),
      parallel,
      residentMb: Math.round(residentMb()),
    })
    if (last > 0 && step >= 100_000)
      report({
        bench: 'store',
        name: 'deliver, slower per tenfold size',
        value: last / perSecond,
        unit: 'times',
        target: { atMost: 1.5 },
      })
    last = perSecond
    done = step
    await benchSearch(filled, step)
  }
  report({
    bench: 'store',
    name: 'memory',
    value: residentMb(),
    unit: 'MB',
    target: { atMost: 350 },
  })
}

function steps(size: number): number[] {
  return [1000, 10_000, 100_000, 1_000_000].filter((step) => step <= size)
}

async function benchScanner(): Promise<void> {
  const messages = Array.from({ length: 100 }, (_, number) => mixedMessage(number))
  const bytes = messages.reduce((sum, { length }) => sum + length, 0) / messages.length
  const perSecond = await rate(10_000, () => {
    for (let i = 0; i < 10_000; i += 1) indexMessage(messages[i % 100] ?? Buffer.alloc(0))
  })
  report({
    bench: 'store',
    name: 'MIME index',
    value: perSecond,
    unit: 'messages/s',
    bytes: Math.round(bytes),
    target: { atLeast: 30_000 },
  })
}

/** A word that one message has, once the index has caught up. */
async function benchSearch(
  { store, account, inbox }: FilledStore,
  messages: number,
): Promise<void> {
  const [added] = await store.mail.transact(account, [
    {
      op: 'addEmail',
      content: Buffer.from(
        `Subject: rare\r\n\r\nthe word xyzzyplugh${messages} is in no other message\r\n`,
      ),
      mailboxIds: [inbox],
      keywords: [],
      receivedAt: 1,
    },
  ])
  const search = (): ReturnType<typeof store.mail.search> =>
    store.mail.search(account, {
      where: { kind: 'text', contains: `xyzzyplugh${messages}` },
      window: { position: 0, limit: 50 },
    })
  const startedAt = performance.now()
  let best = Number.POSITIVE_INFINITY
  // While the index is behind, what it lacks is looked through.
  for (
    let tries = 0;
    tries < 3 || (best > 10 && performance.now() - startedAt < Math.max(600_000, messages * 2));
    tries += 1
  ) {
    const from = performance.now()
    const { ids } = await search()
    best = Math.min(best, performance.now() - from)
    if (ids.length !== 1 || ids[0] !== added.emailId) throw new Error('the search is wrong')
    // A look through all that is not indexed takes the thread that indexes: it is not to be kept from it.
    const pauseMs = Math.max(500, 20 * (performance.now() - from))
    if (best > 10) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  report({
    bench: 'store',
    name: 'search, rare word',
    value: best,
    unit: 'ms',
    messages,
    indexedAfterMs: Math.round(performance.now() - startedAt),
    target: { atMost: 10 },
  })
}
