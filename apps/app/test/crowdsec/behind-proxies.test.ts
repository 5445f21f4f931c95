import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parseIp } from '@gatepost/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Dialogue } from '../../src/demo/dialogue.ts'
import { jmap, jmapWebSocketOver } from '../../src/demo/jmap.ts'
import type { Protocol } from '../../src/demo/protocol.ts'
import { deliver } from '../../src/demo/smtp.ts'
import { Visitor } from '../../src/demo/visitor.ts'
import { requirePrograms } from '../mail/support/external-program.ts'
import { Haproxy, type ProxyRoute } from '../mail/support/haproxy.ts'
import { owner, patience, protocols, proxyAddress, useSiege, type Siege } from './siege.ts'

const siegeOf = useSiege(() => ({
  GATEPOST__LISTEN__IMAP__PROXY_PROTOCOL: 'true',
  GATEPOST__LISTEN__IMAPS__PROXY_PROTOCOL: 'true',
}))
const jmapWebSocket = jmapWebSocketOver('http')
const listeners = ['mx', 'submissions', 'imap', 'imaps', 'http'] as const
type ProxiedListener = (typeof listeners)[number]
type Proxy = Haproxy<ProxiedListener>

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-proxy-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach((context) => requirePrograms(context, 'haproxy'))

/** HAProxy in front of every door: a PROXY header for mail, X-Forwarded-For for JMAP. */
function startProxy(siege: Siege, header: 'proxy-v1' | 'proxy-v2'): Promise<Proxy> {
  const routes = Object.fromEntries(
    listeners.map((name): [ProxiedListener, ProxyRoute] => [
      name,
      { port: siege.stage.port(name), tells: name === 'http' ? 'x-forwarded-for' : header },
    ]),
  ) as Record<ProxiedListener, ProxyRoute>
  return Haproxy.start({ folder, address: proxyAddress, routes })
}
function through(proxy: Proxy, siege: Siege, address: string): Visitor {
  return new Visitor(address, {
    port: (listener) => proxy.ports[listener as ProxiedListener],
    certificate: siege.stage.certificate,
  })
}

/** The last words. A proxy keeps the connection of an event source that has ended: what ends is the answer. */
async function endOf(session: Dialogue, protocol: Protocol | undefined): Promise<string> {
  if (protocol !== jmap) return (await session.rest()).at(-1) ?? ''
  await session.hearUntil(/^0$/)
  return (await session.hear()) ?? ''
}

describe.each([
  ['proxy-v1', '127.0.5.66', '127.0.5.67'],
  ['proxy-v2', '127.0.6.66', '127.0.6.67'],
] as const)('behind HAProxy that writes %s and X-Forwarded-For', (header, attacker, neighbour) => {
  it('the attacker is banned and his sessions end; who comes by the same proxy goes on', async (context) => {
    const siege = siegeOf(context)
    await using proxy = await startProxy(siege, header)
    const [bad, good] = [through(proxy, siege, attacker), through(proxy, siege, neighbour)]
    using open = new DisposableStack()
    const cut = []
    const kept = []
    for (const protocol of protocols) {
      cut.push(open.use(await protocol.stay(bad, owner)))
      kept.push(open.use(await protocol.stay(good, owner)))
    }
    const webSocket = open.use(await jmapWebSocket.stay(bad, owner))
    const ends = cut.map((session, index) => endOf(session, protocols[index]))

    await siege.guess(bad, 6)
    const { decision } = await siege.banned(attacker)
    expect(decision).toMatchObject({ value: attacker, scenario: 'gatepost/mail-bf' })
    for (const [index, protocol] of protocols.entries())
      expect(await ends[index]).toMatch(protocol.farewell)
    expect((await webSocket.rest()).at(-1)).toMatch(jmapWebSocket.farewell)
    for (const protocol of protocols) {
      expect(await protocol.knock(bad)).toMatch(protocol.refusal)
      expect(await protocol.knock(good)).toMatch(protocol.welcome)
    }

    const [submission, idle, eventSource] = kept
    expect(await submission?.ask('NOOP', /^\d/)).toMatch(/^250 /)
    const envelope = { from: 'a@example.org', to: owner.user }
    await deliver(good, envelope, ['Subject: news', '', 'x'])
    expect(await idle?.hearUntil(/^\* \d+ EXISTS$/)).toBeDefined()
    expect(await eventSource?.hearUntil(/^event: state$/)).toBeDefined()
    expect(siege.events(proxyAddress)).toEqual([])
  })
})

it('an attacker who names his neighbour in X-Forwarded-For is banned himself: what the proxy adds comes last', async (context) => {
  const siege = siegeOf(context)
  await using proxy = await startProxy(siege, 'proxy-v1')
  const [attacker, neighbour] = ['127.0.8.66', '127.0.8.67']
  for (let count = 0; count < 6; count += 1) {
    using dialogue = through(proxy, siege, attacker).open('http')
    for (const line of [
      'GET /.well-known/jmap HTTP/1.1',
      'Host: localhost',
      `X-Forwarded-For: ${neighbour}`,
      `Authorization: Basic ${btoa(`nobody@example.test:guess${count}`)}`,
      '',
    ])
      dialogue.say(line)
    expect(await dialogue.hear()).toMatch(/^HTTP\/1\.1 401 /)
  }
  await siege.banned(attacker)
  expect(siege.events(neighbour)).toEqual([])
  for (const protocol of protocols)
    expect(await protocol.knock(through(proxy, siege, neighbour))).toMatch(protocol.welcome)
})

it('a decision on the proxy itself refuses nobody: it would refuse everybody', async (context) => {
  const siege = siegeOf(context)
  await using proxy = await startProxy(siege, 'proxy-v2')
  await siege.stage.cscli('decisions', 'add', '--ip', proxyAddress)
  await siege.stage.cscli('decisions', 'add', '--ip', '127.0.7.66')
  await siege.banned('127.0.7.66')
  const { filter } = siege.stage.server
  // What commits while the Local API answers comes with the next whole list.
  await vi.waitUntil(() => filter.decisions(parseIp(proxyAddress)).length === 1, patience)
  for (const protocol of protocols) {
    expect(await protocol.knock(through(proxy, siege, '127.0.7.66'))).toMatch(protocol.refusal)
    expect(await protocol.knock(through(proxy, siege, '127.0.7.67'))).toMatch(protocol.welcome)
  }
})
