/** What the lists of a mail program cost the server over JMAP: in processor time of all its threads, which hardly depends on what else the machine does. */
import { performance } from 'node:perf_hooks'

import { fillServer } from './fill-server.ts'
import { startGatepost, type GatepostServer } from './gatepost-server.ts'
import { JmapClient } from './jmap-client.ts'
import { report } from './report.ts'

const rounds = 20
const newestFirst = [{ property: 'receivedAt', isAscending: false }]

export async function benchLists(messages: number): Promise<void> {
  await using server = await startGatepost()
  const password = await fillServer(server, { messages, bytes: 2048 })
  const jmap = new JmapClient(server.http, { user: 'me@example.test', password })
  await jmap.begin()
  const { list } = await jmap.call('Mailbox/get', { properties: ['id', 'role'] })
  const mailboxes = list as readonly { readonly id: string; readonly role: string | null }[]
  const inMailbox = mailboxes.find(({ role }) => role === 'inbox')?.id
  const queries = {
    'of a mailbox, newest first': { filter: { inMailbox }, sort: newestFirst },
    'of a mailbox, newest first, threads collapsed': {
      filter: { inMailbox },
      sort: newestFirst,
      collapseThreads: true,
    },
    'of a mailbox, by subject': {
      filter: { inMailbox },
      sort: [{ property: 'subject', isAscending: true }],
    },
    'of what has no keyword $seen': {
      filter: { inMailbox, notKeyword: '$seen' },
      sort: newestFirst,
    },
  }
  for (const [name, query] of Object.entries(queries)) {
    const ask = (): Promise<unknown> =>
      jmap.call('Email/query', { ...query, limit: 50, calculateTotal: true })
    await ask()
    report({
      bench: 'lists',
      name: `Email/query ${name}, limit 50, with the total`,
      ...(await costOf(server, ask)),
      messages,
    })
  }
}

async function costOf(
  server: GatepostServer,
  ask: () => Promise<unknown>,
): Promise<{ readonly value: number; readonly unit: string; readonly waitMs: number }> {
  const before = server.cpuMs()
  const startedAt = performance.now()
  for (let round = 0; round < rounds; round += 1) await ask()
  const waitMs = Math.round(((performance.now() - startedAt) / rounds) * 10) / 10
  return { value: (server.cpuMs() - before) / rounds, unit: 'ms of processor time', waitMs }
}
