/** How long it takes from a failed login to a refusal, and from a decision to the end of open sessions. With the real engine. */
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'

import { imap } from '../../apps/app/src/demo/imap.ts'
import { jmap, jmapWebSocketOver } from '../../apps/app/src/demo/jmap.ts'
import { smtp } from '../../apps/app/src/demo/smtp.ts'
import { parseIp, type IpAddress } from '../../packages/core/src/index.ts'
import { openStand, type CrowdsecStand } from './crowdsec-stand.ts'
import { report } from './report.ts'

/** Name of a step to how long it took in each trial, in ms. */
type Times = Map<string, number[]>

const guesses = 6
const lookEveryMs = 5

export async function benchCrowdsecLatency(trials: number): Promise<void> {
  {
    await using resources = new AsyncDisposableStack()
    const stand = await openStand(resources, {})
    tell('attack', await series(trials, (number, times) => attack(stand, `127.1.${number}`, times)))
    tell(
      'decision by hand',
      await series(trials, (number, times) => decide(stand, `127.2.${number}`, times)),
    )
  }
  // What is asked about does not wait for the poll.
  await using resources = new AsyncDisposableStack()
  const stand = await openStand(resources, {
    GATEPOST__CROWDSEC__POLL_SECONDS: '10',
    GATEPOST__CROWDSEC__LIVE_API_KEY: 'live-key',
  })
  tell(
    'attack, a poll in 10 s and a live key',
    await series(trials, (number, times) => attack(stand, `127.3.${number}`, times)),
  )
}

/** One trial after the other, each with an address of its own: `number` is the end of it. */
async function series(
  trials: number,
  trial: (number: string, times: Times) => Promise<void>,
): Promise<Times> {
  const times: Times = new Map()
  for (let count = 1; count <= trials; count += 1) {
    // Anywhere between two polls and two looks of the engine at its log: a trial would else begin where the last one ended.
    await pause(1000 * Math.random())
    await trial(`${count >> 8}.${count & 255}`, times)
  }
  return times
}

/** Six wrong passwords; the times are from the sixth. */
async function attack(stand: CrowdsecStand, address: string, times: Times): Promise<void> {
  const attacker = stand.visitor(address)
  // Each attacker has a victim of his own: an attack from everywhere on one account is another scenario.
  const guess = (count: number): { user: string; password: string } => ({
    user: `victim-of-${address}@example.test`,
    password: `guess${count}`,
  })
  const logged = stand.log.saw(`"ip":"${address}"`, guesses)
  for (let count = 1; count < guesses; count += 1) await smtp.logIn(attacker, guess(count))
  using dialogue = attacker.open('submissions')
  await dialogue.hearUntil(/^220 /)
  await dialogue.ask('EHLO client.example', /^250 /)
  const { user, password } = guess(guesses)
  const startedAt = performance.now()
  const visible = until(() => isDecided(stand, address))
  const handedOn = stand.tap.saw(`"${address}"`)
  await dialogue.ask(`AUTH PLAIN ${btoa(`\0${user}\0${password}`)}`, /^535 /)
  note(times, 'wrong password -> reply 535', performance.now() - startedAt)
  const refused = until(async () => smtp.refusal.test(await smtp.knock(attacker)))
  const [loggedAt, visibleAt, handedOnAt, refusedAt] = [
    await logged,
    await visible,
    await handedOn,
    await refused,
  ]
  note(times, 'wrong password -> line in the security log', loggedAt - startedAt)
  note(times, 'line -> decision at the Local API', visibleAt - loggedAt)
  note(times, 'decision at the Local API -> fetched by Gatepost', handedOnAt - visibleAt)
  note(times, 'fetched -> refused at the door', refusedAt - handedOnAt)
  note(times, 'wrong password -> refused at the door', refusedAt - startedAt)
}

const sessions = [
  ['SMTP', smtp],
  ['IMAP', imap],
  ['EventSource', jmap],
  ['WebSocket', jmapWebSocketOver('http')],
] as const

/** One ban, with a session of each kind open from its address. */
async function decide(stand: CrowdsecStand, address: string, times: Times): Promise<void> {
  const visitor = stand.visitor(address)
  using resources = new DisposableStack()
  const ends: (readonly [string, Promise<number>])[] = []
  for (const [name, protocol] of sessions) {
    const session = resources.use(await protocol.stay(visitor, stand.owner))
    const end = session.rest().then(() => performance.now())
    ends.push([name, end])
  }
  const handedOn = stand.tap.saw(`"${address}"`)
  const startedAt = performance.now()
  await stand.machine.postAlerts([banOn(address)], AbortSignal.timeout(10_000))
  note(times, 'POST of a decision', performance.now() - startedAt)
  const handedOnAt = await handedOn
  note(times, 'decision -> visible in the stream', handedOnAt - startedAt)
  for (const [name, end] of ends)
    note(times, `visible in the stream -> ${name} session closed`, (await end) - handedOnAt)
}

async function isDecided(stand: CrowdsecStand, address: string): Promise<boolean> {
  const batch = await stand.reader.decisionsOn(ipOf(address), AbortSignal.timeout(10_000))
  return batch.size > 0
}

/** When it first is so. */
async function until(isTrue: () => Promise<boolean>): Promise<number> {
  while (!(await isTrue())) await pause(lookEveryMs)
  return performance.now()
}

function ipOf(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Error(`"${text}" is no address`)
  return address
}

function banOn(address: string): object {
  const now = new Date().toISOString()
  const scenario = 'bench/by-hand'
  return {
    scenario,
    scenario_hash: '',
    scenario_version: '',
    message: 'by hand',
    events_count: 0,
    events: [],
    start_at: now,
    stop_at: now,
    capacity: 0,
    leakspeed: '0',
    simulated: false,
    source: { scope: 'Ip', value: address, ip: address },
    decisions: [
      { origin: 'bench', type: 'ban', scope: 'Ip', value: address, duration: '1h', scenario },
    ],
  }
}

function note(times: Times, name: string, ms: number): void {
  const all = times.get(name) ?? []
  all.push(ms)
  times.set(name, all)
}

function tell(part: string, times: Times): void {
  for (const [name, all] of times) {
    const sorted = all.toSorted((a, b) => a - b)
    const at = (share: number): number =>
      Math.round((sorted[Math.ceil(sorted.length * share) - 1] ?? 0) * 10) / 10
    report({
      bench: 'crowdsec-latency',
      name: `${part}: ${name}`,
      // 95 of 100 trials took no longer.
      value: at(0.95),
      unit: 'ms',
      trials: sorted.length,
      p50: at(0.5),
      p95: at(0.95),
      ...(name.endsWith('session closed') ? { target: { atMost: 50 } } : {}),
    })
  }
}
