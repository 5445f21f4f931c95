import { once } from 'node:events'

import { LineClient } from '@gatepost/testkit'
import { Agent } from 'undici'
import { describe, expect, it } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import { owner, proxyAddress, useSiege, type Siege } from './siege.ts'

const siegeOf = useSiege()

/** A connection whose PROXY header (version 1) names the client. */
async function connect(
  siege: Siege,
  listener: 'mx' | 'submissions',
  client: string,
): Promise<LineClient> {
  const connection = new LineClient({
    port: siege.stage.port(listener),
    localAddress: proxyAddress,
  })
  // What is written before would come after TLS's first bytes.
  await once(connection.socket, 'connect')
  const [family, here] = client.includes(':') ? ['TCP6', '2001:db8::25'] : ['TCP4', '192.0.2.25']
  connection.send(`PROXY ${family} ${client} ${here} 40000 25\r\n`)
  return connection
}
async function guessBehindProxy(siege: Siege, client: string, guess: string): Promise<void> {
  using connection = await connect(siege, 'submissions', client)
  await connection.startTls()
  await connection.reply()
  await connection.ask('EHLO client.example')
  const token = Buffer.from(`\0${owner.user}\0${guess}`).toString('base64')
  expect(await connection.ask(`AUTH PLAIN ${token}`)).toMatch(/^535 /)
}
async function greetingFor(siege: Siege, client: string): Promise<string> {
  using connection = await connect(siege, 'mx', client)
  return await connection.reply()
}

interface HttpAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}
/** A request over https from `peer`, which says that it comes for `client`. */
async function ask(siege: Siege, peer: string, client: string, token = ''): Promise<HttpAnswer> {
  await using resources = new AsyncDisposableStack()
  const agent = new Agent({
    localAddress: peer,
    connect: { ca: siege.stage.certificate, servername: 'localhost' },
  })
  resources.defer(() => agent.close())
  const { statusCode, headers, body } = await agent.request({
    origin: `https://127.0.0.1:${siege.stage.port('https')}`,
    path: '/.well-known/jmap',
    method: 'GET',
    headers: {
      'x-forwarded-for': client,
      ...(token === '' ? {} : { authorization: `Basic ${btoa(token)}` }),
    },
  })
  return { status: statusCode, type: String(headers['content-type']), body: await body.text() }
}

describe.concurrent('an attacker behind a proxy that is trusted', () => {
  it('is banned with the /64 of his IPv6 address, named in the PROXY header; the next network and the proxy are not', async (context) => {
    const siege = siegeOf(context)
    for (let count = 0; count < 6; count += 1)
      await guessBehindProxy(siege, '2001:DB8::0:66', `wrong${count}`)
    const { decision } = await siege.banned('2001:db8::66')
    expect(decision).toMatchObject({ value: '2001:db8::/64', scenario: 'gatepost/mail-bf_ipv6' })
    expect(await greetingFor(siege, '2001:db8:0:0::66')).toMatch(smtp.refusal)
    expect(await greetingFor(siege, '2001:db8:0:1::66')).toMatch(smtp.welcome)
    expect(await greetingFor(siege, '192.0.2.1')).toMatch(smtp.welcome)
  })

  it('does not get 200 guesses from 100 addresses of one IPv6 /64: they are one subscriber, and end in one decision on the network', async (context) => {
    const siege = siegeOf(context)
    let guesses = 0
    const isServed = (): boolean =>
      siege.stage.server.filter.decisions().every(({ value }) => value !== '2001:db8:0:64::/64')
    for (; guesses < 200 && isServed(); guesses += 1)
      // The network may be banned in the middle of one.
      await guessBehindProxy(
        siege,
        `2001:db8:0:64::${(guesses % 100) + 1}`,
        `wrong${guesses}`,
      ).catch(() => undefined)
    const { decision } = await siege.banned('2001:db8:0:64::ffff')
    expect(decision).toMatchObject({ scope: 'range', value: '2001:db8:0:64::/64', type: 'ban' })
    expect(guesses).toBeLessThan(200)
    const of = siege.stage.server.filter
      .decisions()
      .filter(({ value }) => value.startsWith('2001:db8:0:64:'))
    expect(of.every(({ value }) => value === '2001:db8:0:64::/64')).toBe(true)
  })

  it('is refused by a decision on his IPv6 network', async (context) => {
    const siege = siegeOf(context)
    await siege.stage.cscli('decisions', 'add', '--range', '2001:db8:1::/48')
    await siege.banned('2001:db8:1:2::3')
    expect(await greetingFor(siege, '2001:db8:1:ffff::9')).toMatch(smtp.refusal)
    expect(await greetingFor(siege, '2001:db8:2::9')).toMatch(smtp.welcome)
  })

  it('is the same one when the PROXY header maps his IPv4 address into IPv6', async (context) => {
    const siege = siegeOf(context)
    await siege.stage.cscli('decisions', 'add', '--ip', '198.51.100.7')
    await siege.banned('198.51.100.7')
    expect(await greetingFor(siege, '::ffff:198.51.100.7')).toMatch(smtp.refusal)
  })

  it('gets a problem document over https, on the connection that the proxy keeps for others', async (context) => {
    const siege = siegeOf(context)
    for (let count = 0; count < 6; count += 1)
      expect(
        (await ask(siege, proxyAddress, '198.51.100.66', `${owner.user}:wrong${count}`)).status,
      ).toBe(401)
    await siege.banned('198.51.100.66')
    const refused = await ask(
      siege,
      proxyAddress,
      '198.51.100.66',
      `${owner.user}:${owner.password}`,
    )
    expect(refused).toMatchObject({
      status: 403,
      type: expect.stringMatching(/^application\/problem\+json/),
    })
    expect(JSON.parse(refused.body)).toMatchObject({
      status: 403,
      title: 'Your address is blocked',
    })
    const other = await ask(siege, proxyAddress, '198.51.100.67', `${owner.user}:${owner.password}`)
    expect(other.status).toBe(200)
  })
})

it('an attacker cannot put his failures on somebody else: who is no trusted proxy and speaks as one brings no password in', async (context) => {
  const siege = siegeOf(context)
  for (let count = 0; count < 6; count += 1) {
    const { status } = await ask(siege, '127.0.4.1', '198.51.100.99', `${owner.user}:wrong${count}`)
    expect(status).toBe(403)
  }
  expect(siege.events('198.51.100.99')).toEqual([])
  expect((await ask(siege, proxyAddress, '198.51.100.99')).status).toBe(401)
})
