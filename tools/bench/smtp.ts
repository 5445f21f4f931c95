/** End-to-end delivery over SMTP, fsynced, beside Debian's Postfix and Dovecot on the same machine in the same run. */
import { spawn, spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'

import { startGatepost } from './gatepost-server.ts'
import type { MailServer } from './mail-server.ts'
import { startPostfixDovecot } from './postfix-dovecot.ts'
import { report } from './report.ts'

const connections = 20
const messageBytes = 4096
const modes = [
  { name: 'a connection a message', flags: [], times: 8 },
  { name: 'connections reused', flags: ['-d'], times: 15 },
] as const

export async function benchSmtp(messages: number): Promise<void> {
  if (!has('smtp-source')) throw new Error('needs smtp-source (Debian: postfix)')
  const own = await measure(await startGatepost(), messages)
  if (!has('dovecot') || process.getuid?.() !== 0) {
    report({
      bench: 'smtp',
      name: 'Postfix + Dovecot not measured',
      value: 0,
      unit: '',
      why: "needs root and Debian's postfix, dovecot-core, dovecot-lmtpd",
    })
    return
  }
  // Slower by an order: fewer are enough.
  const peer = await measure(await startPostfixDovecot(), Math.ceil(messages / 8))
  for (const [at, { name, times }] of modes.entries())
    report({
      bench: 'smtp',
      name: `times Postfix + Dovecot, ${name}`,
      value: (own[at] ?? 0) / (peer[at] ?? 1),
      unit: 'times',
      target: { atLeast: times },
    })
}

async function measure(started: MailServer, messages: number): Promise<number[]> {
  await using server = started
  const rates: number[] = []
  if (server.residentMb !== undefined)
    report({
      bench: 'smtp',
      name: `${server.name}, memory at idle`,
      value: server.residentMb(),
      unit: 'MB',
      target: { atMost: 120 },
    })
  // What is compiled and cached at first use is no part of the figure.
  await send(server, Math.ceil(messages / 10), ['-d'])
  for (const { name, flags } of modes) {
    const before = server.delivered()
    const startedAt = performance.now()
    await send(server, messages, flags)
    while (server.delivered() < before + messages)
      await new Promise((resolve) => setTimeout(resolve, 50))
    const perSecond = (messages * 1000) / (performance.now() - startedAt)
    rates.push(perSecond)
    report({
      bench: 'smtp',
      name: `${server.name}, ${name}`,
      value: perSecond,
      unit: 'delivered/s',
      messages,
      connections,
      messageBytes,
    })
  }
  if (server.residentMb !== undefined)
    report({
      bench: 'smtp',
      name: `${server.name}, memory under load`,
      value: server.residentMb(),
      unit: 'MB',
      target: { atMost: 350 },
    })
  return rates
}

async function send(server: MailServer, messages: number, flags: readonly string[]): Promise<void> {
  const args = ['-s', connections, '-m', messages, '-l', messageBytes, ...flags].map(String)
  const child = spawn(
    'smtp-source',
    [
      ...args,
      '-M',
      'client.bench.test',
      '-f',
      'a@bench.test',
      '-t',
      'me@example.test',
      `127.0.0.1:${server.port}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`smtp-source ended with ${String(code)}`)
}

function has(program: string): boolean {
  return spawnSync('which', [program]).status === 0
}
