/** How long another session waits for its answers while one fetches a whole mailbox from the real server. */
import { performance } from 'node:perf_hooks'
import { MessageChannel, Worker } from 'node:worker_threads'

import { ImapClient } from '../../packages/testkit/src/imap-client.ts'
import { fillServer } from './fill-server.ts'
import { startGatepost } from './gatepost-server.ts'
import { report } from './report.ts'

export async function benchLatency(messages: number): Promise<void> {
  await using server = await startGatepost()
  const password = await fillServer(server, { messages, bytes: 4096 })
  const login = [`LOGIN me@example.test ${password}`, 'SELECT INBOX']
  for (const [name, items] of [
    ['flags', 'FETCH 1:* (FLAGS)'],
    ['bodies', 'FETCH 1:* (BODY.PEEK[])'],
  ] as const) {
    using client = new ImapClient({ port: server.imaps, isImplicitTls: true })
    await client.response()
    for (const command of login) await client.ok(command)
    const { port1, port2 } = new MessageChannel()
    const draining = new Worker(new URL('./drain-client.ts', import.meta.url), {
      workerData: { port: server.imaps, commands: [...login, items], done: port2 },
      transferList: [port2],
    })
    const ended = new AbortController()
    draining.once('exit', () => ended.abort())
    const fetched = new Promise<number>((resolve) => port1.once('message', resolve))
    const waits: number[] = []
    while (!ended.signal.aborted) {
      const startedAt = performance.now()
      await client.ok('NOOP')
      waits.push(performance.now() - startedAt)
    }
    waits.sort((a, b) => a - b)
    report({
      bench: 'latency',
      name: `longest wait of another session while one fetches all ${name}`,
      value: waits.at(-1) ?? 0,
      unit: 'ms',
      messages,
      p50: Math.round((waits[Math.floor(waits.length / 2)] ?? 0) * 100) / 100,
      p99: Math.round((waits[Math.floor(waits.length * 0.99)] ?? 0) * 100) / 100,
      bytes: await fetched,
      target: { atMost: 20 },
    })
  }
  report({
    bench: 'latency',
    name: 'memory of the server',
    value: server.residentMb(),
    unit: 'MB',
    target: { atMost: 350 },
  })
}
