/** A process of its own for the tests: `node child.ts <mode> <folder>`; reports on stdout, one JSON value a line. */
import { argv, stdout } from 'node:process'

import type { AccountId } from '@gatepost/core'

import { openIn } from './open-fixture.ts'

const [, , mode = '', folder = '', account = ''] = argv

function say(value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`)
}

/** Delivers without end, ten at a time, and says which message is acknowledged. */
async function deliverForever(): Promise<void> {
  await using store = await openIn(folder)
  let last = 0
  const deliver = async (): Promise<void> => {
    for (;;) {
      last += 1
      const name = `message ${last} of ${process.pid}`
      await store.mail.deliver({
        content: Buffer.from(`Subject: ${name}\r\n\r\n${name.repeat(200)}`),
        receivedAt: last,
        local: [{ accountId: account as AccountId, role: 'inbox', keywords: [] }],
      })
      say(name)
    }
  }
  await Promise.all(Array.from({ length: 10 }, deliver))
}

async function addAccountAsTool(): Promise<void> {
  await using store = await openIn(folder, { mode: 'tool' })
  const added = await store.directory.addAccount('tool@example.test', { hash: 'hash' })
  const accounts = await store.directory.listAccounts()
  await store.mail.deliver({
    content: Buffer.from('Subject: from the tool\r\n\r\n'),
    receivedAt: 1,
    local: accounts.map(({ id }) => ({ accountId: id, role: 'inbox', keywords: [] })),
  })
  say(added.id)
}

async function holdAsServer(): Promise<void> {
  await using store = await openIn(folder)
  say(store.health().isWritable)
  // Until it is killed.
  await new Promise((resolve) => setInterval(resolve, 2 ** 31 - 1))
}

/** Dies when the first of its copies can be seen. */
async function dieCopying(): Promise<void> {
  await using store = await openIn(folder)
  const id = account as AccountId
  const [inbox, archive] = await store.mail.read(id, ({ mailboxes }) => mailboxes.list())
  if (inbox === undefined || archive === undefined) throw new Error('the account has mailboxes')
  const adding = Array.from({ length: 3_000 }, (_, at) => ({
    op: 'addEmail' as const,
    content: Buffer.from(`Subject: ${at}\r\n\r\n`),
    mailboxIds: [inbox.id],
    keywords: [],
    receivedAt: at,
  }))
  await store.mail.transact(id, adding)
  const uids = await store.mail.read(id, ({ memberships }) =>
    memberships.uids(inbox.id, 0, adding.length),
  )
  store.changes.subscribe(id, () => process.kill(process.pid, 'SIGKILL'))
  await store.mail.transact(id, [{ op: 'copy', fromId: inbox.id, toId: archive.id, uids }])
  say('it is done')
}

const modes = new Map([
  ['copy', dieCopying],
  ['deliver', deliverForever],
  ['tool', addAccountAsTool],
  ['hold', holdAsServer],
])
await modes.get(mode)?.()
