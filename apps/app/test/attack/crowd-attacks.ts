import type { LineClient } from '@gatepost/testkit'

import type { AttackStage, MailListener, Settings } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { bystander } from './cast.ts'
import { becomes } from './eventually.ts'

/** Connects without a word, so many at a time. Answers how many were let in. */
async function crowd(
  stage: AttackStage,
  open: DisposableStack,
  clients: readonly { readonly listener: MailListener; readonly from: string }[],
): Promise<number> {
  let greeted = 0
  const waiting = clients.values()
  const come = async (): Promise<void> => {
    for (const { listener, from } of waiting) {
      const client = open.use(await stage.connect(listener, from).catch(() => undefined))
      const line = await client?.line()
      if (line !== undefined && /^(?:220|\* OK)/.test(line)) greeted += 1
    }
  }
  await Promise.all(Array.from({ length: 64 }, come))
  return greeted
}

/** Whether somebody gets in at each of the two doors. */
async function isServed(
  stage: AttackStage,
  listener: MailListener,
  from: string,
): Promise<boolean> {
  using client = await stage.connect(listener, from)
  const line = await client.line()
  return line !== undefined && /^(?:220|\* OK)/.test(line)
}

function small(short: Settings) {
  return (size: string): Settings => (size === 'short' ? short : {})
}

/** A machine of nobody in particular: each of these in a network of its own. */
function strangers(stage: AttackStage, count: number): string[] {
  return Array.from({ length: count }, () => stage.network()(66))
}

const fewPlaces: Settings = {
  GATEPOST__LIMITS__CONNECTIONS: '512',
  GATEPOST__LIMITS__CONNECTIONS_PER_ADDRESS: '16',
}

const silentCrowd: Attack = {
  name: 'silent-crowd',
  section: '2',
  settings: small(fewPlaces),
  async run(stage, size) {
    const each = size === 'long' ? 128 : 16
    const [regular, stranger] = [stage.network()(1), stage.network()(1)]
    // Somebody who was here before.
    using before = await stage.imap(regular, bystander)
    await before.ok('LOGOUT')
    using open = new DisposableStack()
    const begun = performance.now()
    const clients = strangers(stage, 64).flatMap((from, at) =>
      Array.from(
        { length: each },
        () => ({ from, listener: at % 2 === 0 ? 'mx' : 'imap' }) as const,
      ),
    )
    const greeted = await crowd(stage, open, clients)
    const filledSeconds = (performance.now() - begun) / 1000
    const came = performance.now()
    const known = [await isServed(stage, 'mx', regular), await isServed(stage, 'imap', regular)]
    const knownMs = Math.round(performance.now() - came)
    using session = await stage.imap(regular, bystander)
    await session.ok('NOOP')
    // The quick way in is closed to strangers; patience with the silent ones is short now.
    const isLet = await becomes(() => isServed(stage, 'mx', stranger), 40_000)
    const strangerSeconds = Math.round((performance.now() - came) / 100) / 10
    const events =
      stage.events.count({ event: 'conn_limit' }) + stage.events.count({ event: 'slow_client' })
    return outcomeOf(
      {
        'strangers do not get all places': greeted < clients.length,
        'who has logged in before gets in at every door': known.every(Boolean),
        'an unknown one gets in': isLet,
        'with events': events > 0,
      },
      {
        connections: clients.length,
        let_in: greeted,
        seconds: Math.round(filledSeconds * 10) / 10,
        known_ms: knownMs,
        stranger_seconds: strangerSeconds,
        events,
      },
    )
  },
}

const silentNetwork: Attack = {
  name: 'silent-ipv6-network',
  section: '2',
  settings: small(fewPlaces),
  async run(stage, size) {
    const address = stage.network6()
    const [connections, most] = size === 'long' ? [8200, 128] : [400, 16]
    using open = new DisposableStack()
    const clients = Array.from(
      { length: connections },
      (_, at) => ({ from: address(7, (at % 82) + 1), listener: 'imap' }) as const,
    )
    const greeted = await crowd(stage, open, clients)
    const served = await isServed(stage, 'imap', stage.network()(1))
    const neighbour = await isServed(stage, 'imap', address(8, 1))
    const wanted = { event: 'conn_limit', kind: 'per_address' }
    await becomes(() => stage.events.of(wanted).length > 0)
    const events = stage.events.of(wanted).filter(({ ip }) => ip?.startsWith('2001:db8:') === true)
    const networks = new Set(events.map((event) => event['source_net']))
    return outcomeOf(
      {
        'a /64 has the share of one': greeted <= most,
        'others get in': served && neighbour,
        'with events that name the network': networks.size === 1 && !networks.has(undefined),
      },
      { connections, let_in: greeted, events: events.length },
    )
  },
}

/** Connects and goes, as fast as one address can. */
const connectAndClose: Attack = {
  name: 'connect-and-close',
  section: '2',
  async run(stage, size) {
    const from = stage.network()(66)
    const connections = size === 'long' ? 2286 : 320
    const waiting = Array.from({ length: connections }).values()
    let greeted = 0
    const come = async (): Promise<void> => {
      for (const _ of waiting) {
        using client: LineClient = await stage.connect('imap', from)
        if ((await client.line())?.startsWith('* OK') === true) greeted += 1
      }
    }
    const begun = performance.now()
    await Promise.all(Array.from({ length: 8 }, come))
    const seconds = Math.round((performance.now() - begun) / 100) / 10
    const isTold = await becomes(
      () => stage.events.of({ event: 'conn_burst', kind: 'connections', ip: from }).length > 0,
    )
    return outcomeOf(
      {
        'it is told': isTold,
        'it is turned away': greeted < connections,
        'others get in': await isServed(stage, 'imap', stage.network()(1)),
      },
      { connections, let_in: greeted, seconds },
    )
  },
}

export const crowdAttacks: readonly Attack[] = [connectAndClose, silentCrowd, silentNetwork]
