import type { AttackStage, Settings } from './attack-stage.ts'
import { outcomeOf, type Attack, type Size } from './attack.ts'
import { bystander, plainToken, victim } from './cast.ts'
import { becomes } from './eventually.ts'

/** A guess over SMTP: the reply to AUTH. */
async function guess(
  stage: AttackStage,
  from: string,
  who: { readonly user: string; readonly password: string },
): Promise<string> {
  using client = await stage.connect('submissions', from)
  await client.reply()
  await client.ask('EHLO client.example')
  return await client.ask(`AUTH PLAIN ${plainToken(who.user, who.password)}`)
}

const guessesOfOneNetwork: Attack = {
  name: 'guesses-of-one-ipv6-network',
  section: '2',
  async run(stage, size) {
    const [guesses, addresses] = size === 'long' ? [200, 100] : [20, 10]
    const address = stage.network6()
    const replies: string[] = []
    for (let count = 0; count < guesses; count += 1)
      replies.push(
        await guess(stage, address(7, (count % addresses) + 1), {
          user: victim,
          password: `guess${count}`,
        }).catch(() => 'turned away'),
      )
    const network = address(7, 1).replace(/::.*/, '::/64')
    const wanted = { event: 'auth_failed', source_net: network }
    const checked = replies.filter((reply) => reply.startsWith('535')).length
    await becomes(() => stage.events.count(wanted) >= checked)
    const events = stage.events.of(wanted)
    return outcomeOf(
      {
        'none gets in': replies.every((reply) => /^(?:535|421|454|turned)/.test(reply)),
        'every guess is told, with one network':
          checked > 0 && stage.events.count(wanted) >= checked,
        'of many addresses': new Set(events.map(({ ip }) => ip)).size === addresses,
      },
      { guesses, checked, addresses, events: events.length, source_net: network },
    )
  },
}

const loginQueue: Attack = {
  name: 'logins-of-one-address',
  section: '2',
  async run(stage, size) {
    const logins = 110
    const [from, home] = [stage.network()(66), stage.network()(1)]
    const guessing = Array.from({ length: logins }, (_, at) =>
      guess(stage, from, { user: victim, password: `guess${at}` }).catch(() => '421'),
    )
    // The queue is full of them when the first is told so.
    const isTold = await becomes(
      () => stage.events.of({ event: 'conn_limit', kind: 'logins', ip: from }).length > 0,
    )
    const begun = performance.now()
    const honest = await guess(stage, home, { user: bystander, password: 'correct horse battery' })
    const honestMs = Math.round(performance.now() - begun)
    const replies = await Promise.all(guessing)
    const turnedAway = replies.filter((reply) => reply.startsWith('454')).length
    return outcomeOf(
      {
        'an honest login succeeds': honest.startsWith('235'),
        'those beyond the share are told to come later, with an event': isTold && turnedAway > 0,
        ...(size === 'long' ? { 'an honest login takes no second': honestMs <= 1000 } : {}),
      },
      { logins, turned_away: turnedAway, honest_ms: honestMs },
    )
  },
}

/** That each request of a throttled account takes. */
const slowSeconds: Readonly<Record<Size, number>> = { short: 0.2, long: 3 }

function slow(size: Size): Settings {
  return { GATEPOST__REMEDIATION__SLOW_SECONDS: String(slowSeconds[size]) }
}

const throttledAccount: Attack = {
  name: 'throttled-account',
  section: '3',
  settings: slow,
  async run(stage, size) {
    const home = stage.network()(1)
    const [session, from] = [{ path: '/jmap/session', user: victim }, stage.network()(66)]
    await stage.http({ ...session, from: home })
    await stage.decide({ value: victim, scope: 'username', type: 'throttle' })
    const owner = async (): Promise<{ readonly status: number; readonly ms: number }> => {
      const begun = performance.now()
      const { status } = await stage.http({ ...session, from: home })
      return { status, ms: performance.now() - begun }
    }
    const alone = await owner()
    const begun = performance.now()
    const guessing = Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        stage.http({ ...session, from, password: `guess${at}` }).then(({ status }) => status),
      ),
    )
    const meanwhile: { readonly status: number; readonly ms: number }[] = []
    for (let count = 0; count < 10; count += 1) meanwhile.push(await owner())
    const statuses = await guessing
    const seconds = Math.round((performance.now() - begun) / 100) / 10
    const checked = statuses.filter((status) => status === 401).length
    const ownerMs = Math.round(Math.max(alone.ms, ...meanwhile.map(({ ms }) => ms)))
    return outcomeOf(
      {
        'the owner is answered': [alone, ...meanwhile].every(({ status }) => status === 200),
        // One at a time, and four that wait; the rest is told to come later. On a slow machine they do not all come together.
        'of 30 guesses few are checked': checked <= 5 + seconds / slowSeconds[size],
        'the rest is refused': statuses.every((status) => status === 401 || status === 429),
        ...(size === 'long' ? { 'the owner does not wait': ownerMs <= 1000 } : {}),
      },
      { guesses: 30, checked, seconds, owner_ms: ownerMs },
    )
  },
}

export const loginAttacks: readonly Attack[] = [guessesOfOneNetwork, loginQueue, throttledAccount]
