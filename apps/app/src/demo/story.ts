import { randomBytes } from 'node:crypto'

import type { Decision } from '@gatepost/security-crowdsec'

import type { Dialogue } from './dialogue.ts'
import { imap, readSubject } from './imap.ts'
import { jmap } from './jmap.ts'
import type { Narrator } from './narrator.ts'
import type { Protocol } from './protocol.ts'
import { deliver, smtp } from './smtp.ts'
import type { Stage } from './stage.ts'
import { verdictOn, type TimedVerdict } from './verdict.ts'
import { Visitor, type Credentials } from './visitor.ts'

interface Cast {
  readonly stage: Stage
  readonly narrator: Narrator
  readonly owner: Credentials
  readonly friend: Visitor
  readonly attacker: Visitor
  /** An account whose password the attacker has. */
  readonly careless: Credentials
}

const protocols = [smtp, imap, jmap] as const
const guesses = 6
const subject = 'Hello from outside'

/** An attack seen from both sides, with the time of each step. @throws Error when something is not as told */
export async function tellStory(stage: Stage, narrator: Narrator): Promise<void> {
  const cast: Cast = {
    stage,
    narrator,
    owner: { user: 'me@example.test', password: randomBytes(12).toString('hex') },
    careless: { user: 'you@example.test', password: 'letmein' },
    friend: new Visitor('127.0.0.1', stage),
    attacker: new Visitor('127.0.0.66', stage),
  }
  await stage.addAccount(cast.owner)
  await stage.addAccount(cast.careless)

  narrator.heading('A mail')
  await mailIsDelivered(cast)
  await mailIsRead(cast)

  narrator.heading(`An attack from ${cast.attacker.address}`)
  using open = new DisposableStack()
  const ends = new Map<Protocol, Promise<SessionEnd>>()
  for (const protocol of protocols) {
    const session = open.use(await attackerComesIn(cast, protocol))
    ends.set(protocol, watched(endOf(session)))
  }
  const ban = watched(verdictOn(stage.server.filter, cast.attacker.address, 'ban'))
  await attackerGuesses(cast)
  const lastFailureAt = stage.events.lastAt

  narrator.heading('The defence')
  await crowdsecDecides(cast, ban, lastFailureAt)
  for (const [protocol, end] of ends) await sessionIsCut(cast, { protocol, end, ban: await ban })
  for (const protocol of protocols) await doorAnswers(cast, protocol, 'refusal')
  await mailIsRead(cast)

  narrator.heading('The pardon')
  await attackerIsUnbanned(cast)
  for (const protocol of protocols) await doorAnswers(cast, protocol, 'welcome')
}

async function mailIsDelivered({ narrator, friend, owner }: Cast): Promise<void> {
  const envelope = { from: 'friend@example.org', to: owner.user }
  const message = [`From: ${envelope.from}`, `To: ${envelope.to}`, `Subject: ${subject}`, '', 'Hi!']
  await narrator.step(
    `another server sends a mail to ${owner.user} over SMTP`,
    () => deliver(friend, envelope, message),
    (reply) => ({ words: reply }),
  )
}

async function mailIsRead({ narrator, friend, owner }: Cast): Promise<void> {
  await narrator.step(
    'its owner reads it over IMAP',
    async () => checked(await readSubject(friend, owner), new RegExp(`^${subject}$`)),
    (text) => ({ words: `"${text}"` }),
  )
}

function attackerComesIn(
  { narrator, attacker, careless }: Cast,
  protocol: Protocol,
): Promise<Dialogue> {
  return narrator.step(`it logs in over ${protocol.name} with a stolen password, and stays`, () =>
    protocol.stay(attacker, careless),
  )
}

async function attackerGuesses({ narrator, attacker, owner }: Cast): Promise<void> {
  for (let guess = 0; guess < guesses; guess += 1) {
    const protocol = protocols[guess % protocols.length] ?? smtp
    await narrator.step(
      `it guesses at the password of ${owner.user} over ${protocol.name}`,
      () => protocol.logIn(attacker, { user: owner.user, password: `guess${guess}` }),
      (reply) => ({ words: reply }),
    )
  }
}

async function crowdsecDecides(
  { narrator }: Cast,
  ban: Promise<TimedVerdict>,
  lastFailureAt: number,
): Promise<void> {
  await narrator.step(
    'CrowdSec reads the log and decides; time since the last failure',
    () => ban,
    ({ verdict, at }) => ({
      tookMs: at - lastFailureAt,
      words: verdict.kind === 'ban' ? describe(verdict.decision) : 'nothing',
    }),
  )
}

async function sessionIsCut(
  { narrator }: Cast,
  { protocol, end, ban }: { protocol: Protocol; end: Promise<SessionEnd>; ban: TimedVerdict },
): Promise<void> {
  await narrator.step(
    `the open ${protocol.name} session is cut; time since the decision`,
    async () => {
      const { words, at } = await end
      return { words: checked(words, protocol.farewell), at }
    },
    ({ words, at }) => ({ tookMs: at - ban.at, words: words === '' ? 'end of stream' : words }),
  )
}

async function doorAnswers(
  { narrator, attacker }: Cast,
  protocol: Protocol,
  expected: 'welcome' | 'refusal',
): Promise<void> {
  await narrator.step(
    `${protocol.name} ${expected === 'refusal' ? 'refuses' : 'lets in'} ${attacker.address}`,
    async () => checked(await protocol.knock(attacker), protocol[expected]),
    (answer) => ({ words: answer }),
  )
}

async function attackerIsUnbanned({ narrator, stage, attacker }: Cast): Promise<void> {
  await narrator.step(`cscli decisions delete --ip ${attacker.address}`, () =>
    stage.cscli('decisions', 'delete', '--ip', attacker.address),
  )
  await narrator.step('the server hears of it', () =>
    verdictOn(stage.server.filter, attacker.address, 'allow'),
  )
}

interface SessionEnd {
  /** The last that the server said. */
  readonly words: string
  /** By performance.now(). */
  readonly at: number
}

async function endOf(session: Dialogue): Promise<SessionEnd> {
  const words = (await session.rest()).at(-1) ?? ''
  return { words, at: performance.now() }
}

/** For what is awaited later: a step that fails before that is the one to be told of. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

function describe({ type, value, scenario, until }: Decision): string {
  return `${type} of ${value} for ${scenario}, until ${new Date(until).toISOString().slice(11, 19)} UTC`
}

function checked(words: string, pattern: RegExp): string {
  if (pattern.test(words)) return words
  throw new Error(`"${words}" is not what was to come (${String(pattern)})`)
}
