import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'

import { LineClient } from '@gatepost/testkit'

import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { proxyAddress } from './cast.ts'
import { becomes } from './eventually.ts'
import { measured } from './measured.ts'

type Port = 'submissions' | 'imaps' | 'https'

/** How many times a TLS 1.2 client may shake hands again on one connection. */
async function renegotiations(stage: AttackStage, port: Port, from: string): Promise<number> {
  const plain = new LineClient({ port: stage.port(port), localAddress: proxyAddress })
  using _ = plain
  await once(plain.socket, 'connect')
  if (port !== 'https') plain.send(`PROXY TCP4 ${from} 192.0.2.25 40000 25\r\n`)
  const secure = connectTls({
    socket: plain.socket,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
  })
  secure.on('error', () => undefined)
  await once(secure, 'secureConnect')
  let done = 0
  for (; done < 150; done += 1) {
    const isDone = await new Promise<boolean>((resolve) => {
      secure.once('close', () => resolve(false)).once('error', () => resolve(false))
      secure.renegotiate({}, (error) => resolve(error === null))
    })
    if (!isDone) break
  }
  secure.destroy()
  return done
}

const renegotiation: Attack = {
  name: 'renegotiation',
  section: '2',
  async run(stage) {
    const from = stage.network()(66)
    const counts: number[] = []
    for (const port of ['submissions', 'imaps', 'https'] as const)
      counts.push(await renegotiations(stage, port, from))
    return outcomeOf(
      { 'none is done': counts.every((count) => count === 0) },
      { done: counts.join(' ') },
    )
  },
}

/** Handshakes of one address, whole ones or such as fail at once. */
function handshakes(name: string, isWhole: boolean, most: number): Attack {
  return {
    name,
    section: '2',
    async run(stage, size) {
      const from = stage.network()(66)
      const count = size === 'long' ? most : 200
      const { result, checks, figures } = await measured(stage, size, async () => {
        const waiting = Array.from({ length: count }).values()
        let secured = 0
        const come = async (): Promise<void> => {
          for (const _ of waiting) {
            const isSecure = await (isWhole ? whole(stage, from) : failed(stage, from))
            if (isSecure) secured += 1
          }
        }
        await Promise.all(Array.from({ length: 8 }, come))
        return secured
      })
      const isTold = await becomes(
        () => stage.events.of({ event: 'conn_burst', kind: 'handshakes', ip: from }).length > 0,
      )
      return outcomeOf(
        { ...checks, 'it is told': isTold, 'it is turned away': result < count },
        { handshakes: count, secured: result, ...figures },
      )
    },
  }
}

async function whole(stage: AttackStage, from: string): Promise<boolean> {
  try {
    using client = await stage.connect('imaps', from)
    return (await client.line()) !== undefined
  } catch {
    return false
  }
}

async function failed(stage: AttackStage, from: string): Promise<boolean> {
  using client = new LineClient({ port: stage.port('imaps'), localAddress: proxyAddress })
  await once(client.socket, 'connect')
  client.send(`PROXY TCP4 ${from} 192.0.2.25 40000 25\r\n`)
  client.send('no handshake at all\r\n\r\n')
  await client.closed()
  return false
}

export const tlsAttacks: readonly Attack[] = [
  renegotiation,
  handshakes('whole-handshakes', true, 465),
  handshakes('failed-handshakes', false, 2750),
]
