import type { Socket } from 'node:net'

import { beginData, type LineClient } from '@gatepost/testkit'

import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { bystander, victim } from './cast.ts'
import { becomes } from './eventually.ts'
import { measured } from './measured.ts'

const slice = Buffer.alloc(65_536, `${'x'.repeat(62)}\r\n`)

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}

/** In DATA, with so many bytes sent and the end not. Answers what the server said to them by then. */
async function hold(client: LineClient, bytes: number): Promise<void> {
  await beginData(client, 'a@example.org', victim)
  client.send('Subject: x\r\n\r\n')
  for (let sent = 0; sent < bytes; sent += slice.length)
    if (!client.socket.write(slice)) await drained(client.socket)
}

async function trickle(stage: AttackStage, clients: readonly LineClient[]): Promise<boolean> {
  return becomes(() => {
    for (const client of clients) if (!client.socket.destroyed) client.send('x')
    return stage.events.of({ event: 'slow_client', kind: 'data' }).length > 0
  }, 200_000)
}

const heldData: Attack = {
  name: 'data-held',
  section: '2',
  async run(stage, size) {
    const from = stage.network()(66)
    using clients = new DisposableStack()
    // More than the four messages of the full size that one source may have on their way.
    const [connections, bytes] = [9, size === 'long' ? 30_000_000 : 18_000_000]
    const { result, checks, figures } = await measured(
      stage,
      size,
      async () => {
        const open = await Promise.all(
          Array.from({ length: connections }, async () => clients.use(await stage.smtp(from))),
        )
        await Promise.all(open.map((client) => hold(client, bytes)))
        const isTold = await becomes(
          () => stage.events.of({ event: 'conn_limit', kind: 'data', ip: from }).length > 0,
        )
        // Of those who hold memory: one byte now and then keeps nobody in DATA.
        return { isTold, isEnded: size === 'short' || (await trickle(stage, open)) }
      },
      { doings: ['delivery', 'noop', 'echo'] },
    )
    return outcomeOf(
      {
        ...checks,
        'its share is bounded, with an event': result.isTold,
        'a byte now and then is too slow, with an event': result.isEnded,
      },
      { connections, bytes, ...figures },
    )
  },
}

/** NOOP, RSET and the like, one after the other, until the session ends or that many are answered. */
async function loop(client: LineClient, line: string, times: number): Promise<number> {
  for (let count = 0; count < times; count += 1) {
    client.send(`${line}\r\n`)
    const reply = await client.line()
    if (reply === undefined || /^(?:421|\* BYE)/.test(reply)) return count
  }
  return times
}

const times = 5000

const idleLoops: Attack = {
  name: 'idle-command-loops',
  section: '2',
  async run(stage, size) {
    const address = stage.network()
    const { result, checks, figures } = await measured(stage, size, async () => {
      const counts: number[] = []
      for (const [at, line] of ['NOOP', 'RSET', 'HELP', 'VRFY x'].entries()) {
        using client = await stage.smtp(address(at + 1))
        counts.push(await loop(client, line, times))
      }
      using imap = await stage.imap(address(9))
      counts.push(await loop(imap.lines, 'a NOOP', times))
      return counts
    })
    const isTold = await becomes(() =>
      [1, 2, 9].every(
        (host) => stage.events.of({ kind: 'idle_commands', ip: address(host) }).length > 0,
      ),
    )
    return outcomeOf(
      {
        ...checks,
        'each loop ends': result.every((count) => count < times),
        'with an event': isTold,
      },
      { commands: result.join(' '), ...figures },
    )
  },
}

const backscatter: Attack = {
  name: 'backscatter',
  section: '3',
  async run(stage) {
    const full = await stage.newAccount()
    await stage.command('account', 'quota', full, '--emails', '1')
    using client = await stage.smtp(stage.network()(66))
    await beginData(client, 'friend@example.org', full)
    await client.ask('Subject: the only one\r\n\r\nx\r\n.')
    await client.ask('MAIL FROM:<forged@victim.example>')
    const good = await client.ask(`RCPT TO:<${bystander}>`)
    const refused = await client.ask(`RCPT TO:<${full}>`)
    await client.ask('DATA')
    const taken = await client.ask('Subject: x\r\n\r\nx\r\n.')
    const { out } = await stage.command('queue', 'list', '--json')
    return outcomeOf(
      {
        'the full mailbox is told at RCPT': /^(?:452|552) /.test(refused),
        'the other one gets it': good.startsWith('250') && taken.startsWith('250'),
        'nothing is sent to the forged sender': !out.includes('victim.example'),
      },
      { reply: refused },
    )
  },
}

export const mailFloodAttacks: readonly Attack[] = [heldData, idleLoops, backscatter]
