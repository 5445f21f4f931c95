import type { AttackStage } from './attack-stage.ts'
import { outcomeOf, type Attack } from './attack.ts'
import { attacker, victim } from './cast.ts'
import { becomes } from './eventually.ts'
import type { HttpAnswer } from './http-clients.ts'

const stranger = '203.0.113.23'

function guess(
  stage: AttackStage,
  from: string | undefined,
  guessed: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const path = '/.well-known/jmap'
  return stage.http({ path, from, user: victim, password: guessed, headers })
}

/** What a client writes itself passes through nginx, HAProxy, Apache and Caddy untouched. */
const ownForwarded: Attack = {
  name: 'own-forwarded',
  section: '1',
  async run(stage) {
    const from = stage.network()(66)
    const headers = { forwarded: `for=${stranger};proto=https`, 'x-real-ip': stranger }
    const statuses: number[] = []
    for (let count = 0; count < 8; count += 1)
      statuses.push((await guess(stage, from, `wrong${count}`, headers)).status)
    await becomes(() => stage.events.count({ event: 'auth_failed', ip: from }) === 8)
    return outcomeOf(
      {
        'the guesses are refused': statuses.every((status) => status === 401),
        'the events name the attacker':
          stage.events.of({ event: 'auth_failed', ip: from }).length === 8,
        'nobody else is named': stage.events.of({ ip: stranger }).length === 0,
      },
      { guesses: statuses.length, events: stage.events.count({ ip: from }) },
    )
  },
}

const bannedWithNewForwarded: Attack = {
  name: 'banned-with-a-new-forwarded',
  section: '1',
  async run(stage) {
    const from = stage.network()(66)
    await stage.decide({ value: from })
    const statuses: number[] = []
    for (let count = 0; count < 8; count += 1)
      statuses.push(
        (
          await guess(stage, from, `wrong${count}`, {
            forwarded: `for=203.0.113.${count};proto=https`,
          })
        ).status,
      )
    return outcomeOf(
      {
        'a ban holds whatever is claimed': statuses.every((status) => status === 403),
        'no password is tried': stage.events.of({ event: 'auth_failed', ip: from }).length === 0,
      },
      { refused: statuses.filter((status) => status === 403).length },
    )
  },
}

/** Over plain HTTP a password is taken from this machine only. */
const claimedLoopback: Attack = {
  name: 'claimed-loopback',
  section: '1',
  async run(stage) {
    const from = stage.network()(66)
    const plain = { 'x-forwarded-proto': 'http' }
    const claims = [
      { forwarded: 'for=127.0.0.1' },
      { forwarded: 'for=127.0.0.1;proto=https' },
      { 'x-forwarded-for': `127.0.0.1, ${from}` },
      { 'x-real-ip': '127.0.0.1' },
      { 'x-forwarded-for': '127.0.0.1' },
      { 'x-forwarded-for': '::1' },
    ]
    const statuses: number[] = []
    for (const claim of claims)
      statuses.push(
        (
          await stage.http({
            path: '/.well-known/jmap',
            from,
            user: attacker,
            headers: { ...plain, ...claim },
          })
        ).status,
      )
    return outcomeOf(
      { 'no password is taken in the clear': statuses.every((status) => status !== 200) },
      { statuses: statuses.join(' ') },
    )
  },
}

const unlistedProxy: Attack = {
  name: 'unlisted-proxy',
  section: '1',
  async run(stage) {
    const answers: number[] = []
    for (const secret of ['wrong', undefined])
      answers.push(
        (
          await stage.http({
            path: '/.well-known/jmap',
            from: undefined,
            user: victim,
            headers: { 'x-forwarded-for': stranger },
            ...(secret === undefined ? {} : { password: secret }),
          })
        ).status,
      )
    const { text } = await stage.http({ listener: 'admin', path: '/readyz', from: undefined })
    const told = stage.server.stdout.split('\n').filter((line) => line.includes('proxy.trusted'))
    return outcomeOf(
      {
        'no password is taken from there': answers.every((status) => status === 403),
        'readyz says suspicious': text.includes('suspicious'),
        'one warning': told.length === 1,
        'the stranger is not named': stage.events.of({ ip: stranger }).length === 0,
      },
      { statuses: answers.join(' '), warnings: told.length },
    )
  },
}

export const clientAddressAttacks: readonly Attack[] = [
  ownForwarded,
  bannedWithNewForwarded,
  claimedLoopback,
  unlistedProxy,
]
