import { findEngine, needsDownConversion } from '@gatepost/security-crowdsec/engine'
import { LineClient } from '@gatepost/testkit'
import { describe, expect, it } from 'vitest'

import { smtp } from '../../src/demo/smtp.ts'
import { owner, protocols, useSiege } from './siege.ts'

const siegeOf = useSiege()

// Each test has addresses of its own, so that all of them can wait for the one engine at the same time.
describe.concurrent('an attacker', () => {
  it.for(protocols.map((protocol, index) => [protocol.name, `127.0.1.${index + 1}`] as const))(
    'who guesses passwords over %s is refused on every protocol, in its words; others are served',
    async ([name, address], context) => {
      const siege = siegeOf(context)
      const over = protocols.filter((protocol) => protocol.name === name)
      await siege.guess(address, 6, over)
      const { decision } = await siege.banned(address)
      expect(decision).toMatchObject({ value: address, type: 'ban', scenario: 'gatepost/mail-bf' })
      for (const protocol of protocols) {
        expect(await protocol.knock(siege.visitor(address))).toMatch(protocol.refusal)
        expect(await protocol.knock(siege.visitor('127.0.1.250'))).toMatch(protocol.welcome)
      }
    },
  )

  it('who spreads his guesses over the three protocols is refused all the same', async (context) => {
    const siege = siegeOf(context)
    const replies = await siege.guess('127.0.1.4', 6)
    expect(replies.map((reply) => reply.slice(0, 12))).toEqual([
      '535 5.7.8 Au',
      'a NO [AUTHEN',
      'HTTP/1.1 401',
      '535 5.7.8 Au',
      'a NO [AUTHEN',
      'HTTP/1.1 401',
    ])
    expect((await siege.banned('127.0.1.4')).decision.scenario).toBe('gatepost/mail-bf')
  })

  it('who tries one recipient after the other is refused', async (context) => {
    const siege = siegeOf(context)
    using dialogue = siege.visitor('127.0.1.5').open('mx')
    await dialogue.hearUntil(/^220 /)
    await dialogue.ask('EHLO client.example', /^250 /)
    await dialogue.ask('MAIL FROM:<a@example.org>', /^250 /)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      await dialogue.ask(`RCPT TO:<${name}@example.test>`, /^550 5\.1\.1 /)
    const { decision } = await siege.banned('127.0.1.5')
    expect(decision.scenario).toBe('gatepost/mail-recipient-dictionary')
    expect((await dialogue.rest()).at(-1)).toMatch(/^421 4\.7\.0 /)
    expect(await smtp.knock(siege.visitor('127.0.1.5'))).toMatch(smtp.refusal)
  })

  it.for(protocols.map((protocol, index) => [protocol.name, `127.0.1.${index + 11}`] as const))(
    'loses the idle %s session that he has open',
    async ([name, address], context) => {
      const siege = siegeOf(context)
      for (const protocol of protocols.filter((one) => one.name === name)) {
        using session = await protocol.stay(siege.visitor(address), owner)
        await siege.guess(address, 6)
        const end = session.rest()
        await siege.banned(address)
        expect((await end).at(-1) ?? '').toMatch(protocol.farewell)
        expect(siege.events(address).filter((event) => event === 'session_cut')).toHaveLength(1)
      }
    },
  )

  it('loses sessions that have not logged in, over TLS and without', async (context) => {
    const siege = siegeOf(context)
    const attacker = siege.visitor('127.0.1.20')
    using resources = new DisposableStack()
    const mail = (['mx', 'submission', 'submissions', 'imap', 'imaps'] as const).map((listener) =>
      resources.use(attacker.open(listener)),
    )
    for (const dialogue of mail) await dialogue.hear()
    const web = (['http', 'https'] as const).map((listener) =>
      resources.use(attacker.open(listener)),
    )
    await siege.guess('127.0.1.20', 6)
    const words: string[] = []
    for (const dialogue of [...mail, ...web]) words.push((await dialogue.rest()).at(-1) ?? '')
    expect(words.map((line) => line.slice(0, 9))).toEqual([
      '421 4.7.0',
      '421 4.7.0',
      '421 4.7.0',
      '* BYE You',
      '* BYE You',
      '',
      '',
    ])
    expect(siege.events('127.0.1.20').filter((event) => event === 'session_cut')).toHaveLength(7)
  })

  it('gets no words where TLS would have to come first: his handshake would cost us', async (context) => {
    const siege = siegeOf(context)
    await siege.guess('127.0.1.21', 6)
    await siege.banned('127.0.1.21')
    for (const listener of ['submissions', 'imaps', 'https'] as const) {
      using client = new LineClient({
        port: siege.stage.port(listener),
        localAddress: '127.0.1.21',
      })
      await client.closed()
      expect(client.socket.bytesRead).toBe(0)
    }
  })

  it('is let in again when the decision is deleted', async (context) => {
    const siege = siegeOf(context)
    await siege.guess('127.0.1.22', 6)
    await siege.banned('127.0.1.22')
    expect(await siege.stage.cscli('decisions', 'list', '-o', 'raw')).toContain('127.0.1.22')
    await siege.stage.cscli('decisions', 'delete', '--ip', '127.0.1.22')
    await siege.pardoned('127.0.1.22')
    for (const protocol of protocols)
      expect(await protocol.knock(siege.visitor('127.0.1.22'))).toMatch(protocol.welcome)
    expect(await smtp.logIn(siege.visitor('127.0.1.22'), owner)).toMatch(/^235 /)
  })

  it('is banned for longer when he comes back, where the engine can count decisions (1.5)', async (context) => {
    const siege = siegeOf(context)
    const address = '127.0.1.25'
    await siege.guess(address, 6)
    const first = (await siege.banned(address)).decision
    await siege.stage.cscli('decisions', 'delete', '--ip', address)
    await siege.pardoned(address)
    using dialogue = siege.visitor(address).open('mx')
    await dialogue.hearUntil(/^220 /)
    await dialogue.ask('EHLO client.example', /^250 /)
    await dialogue.ask('MAIL FROM:<a@example.org>', /^250 /)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      await dialogue.ask(`RCPT TO:<${name}@example.test>`, /^550 5\.1\.1 /)
    const { decision } = await siege.banned(address)
    expect(decision.id).toBeGreaterThan(first.id)
    const engine = await findEngine(process.env)
    const hours = needsDownConversion(engine?.version ?? '') ? 4 : 8
    expect((decision.until - Date.now()) / 3_600_000).toBeGreaterThan(hours - 0.1)
    expect((decision.until - Date.now()) / 3_600_000).toBeLessThan(hours + 0.1)
  })

  it('is refused by a decision on his network too, made by hand', async (context) => {
    const siege = siegeOf(context)
    await siege.stage.cscli('decisions', 'add', '--range', '127.0.2.0/24', '--duration', '1h')
    const { decision } = await siege.banned('127.0.2.7')
    expect(decision).toMatchObject({ value: '127.0.2.0/24', origin: 'cscli' })
    for (const protocol of protocols)
      expect(await protocol.knock(siege.visitor('127.0.2.7'))).toMatch(protocol.refusal)
    expect(await smtp.knock(siege.visitor('127.0.3.7'))).toMatch(smtp.welcome)
  })

  it('does not lengthen his ban by coming back: refusals are no failures', async (context) => {
    const siege = siegeOf(context)
    await siege.guess('127.0.1.23', 6)
    const { decision } = await siege.banned('127.0.1.23')
    for (let round = 0; round < 4; round += 1)
      for (const protocol of protocols) await protocol.knock(siege.visitor('127.0.1.23'))
    await siege.judged('127.0.1.24')
    expect(siege.events('127.0.1.23')).toEqual([
      ...Array.from({ length: 6 }, () => 'auth_failed'),
      ...Array.from({ length: 12 }, () => 'blocked'),
    ])
    const known = siege.stage.server.filter.decisions()
    expect(known.filter(({ value }) => value === '127.0.1.23')).toMatchObject([{ id: decision.id }])
    const alerts = JSON.parse(
      await siege.stage.cscli('alerts', 'list', '--ip', '127.0.1.23', '-o', 'json'),
    ) as readonly { readonly events_count: number }[]
    expect(alerts.map(({ events_count: count }) => count)).toEqual([6])
  })
})

describe.concurrent('no attacker', () => {
  it('is a user who mistypes four times and then gets it right', async (context) => {
    const siege = siegeOf(context)
    await siege.guess('127.0.1.30', 4, protocols, owner.user)
    for (const protocol of protocols)
      expect(await protocol.logIn(siege.visitor('127.0.1.30'), owner)).toMatch(
        /^(?:235|a OK|HTTP\/1\.1 200)/,
      )
    await siege.judged('127.0.1.31')
    expect(siege.events('127.0.1.30').slice(0, 5)).toEqual([
      ...Array.from({ length: 4 }, () => 'auth_failed'),
      'auth_success',
    ])
    expect(await smtp.knock(siege.visitor('127.0.1.30'))).toMatch(smtp.welcome)
    const alerts = await siege.stage.cscli('alerts', 'list', '--ip', '127.0.1.30', '-o', 'json')
    // Nothing is `null` in 1.4.6.
    expect(JSON.parse(alerts) ?? []).toEqual([])
  })

  it('is a server that keeps writing to one address that is gone', async (context) => {
    const siege = siegeOf(context)
    for (let count = 0; count < 8; count += 1) {
      using dialogue = siege.visitor('127.0.1.32').open('mx')
      await dialogue.hearUntil(/^220 /)
      await dialogue.ask('HELO client.example', /^250 /)
      await dialogue.ask('MAIL FROM:<list@example.org>', /^250 /)
      await dialogue.ask('RCPT TO:<gone@example.test>', /^550 5\.1\.1 /)
    }
    await siege.judged('127.0.1.33')
    expect(siege.events('127.0.1.32')).toEqual(Array.from({ length: 8 }, () => 'rcpt_unknown'))
    expect(await smtp.knock(siege.visitor('127.0.1.32'))).toMatch(smtp.welcome)
  })
})
