import type { IpAddress } from '@gatepost/core'
import type { Decision, Remediation } from '@gatepost/security-crowdsec'
import { findEngine, type Engine } from '@gatepost/security-crowdsec/engine'
import { missing } from '@gatepost/testkit'
import { afterAll, beforeAll, vi, type TestContext } from 'vitest'

import { imap } from '../../src/demo/imap.ts'
import { jmap } from '../../src/demo/jmap.ts'
import type { Protocol } from '../../src/demo/protocol.ts'
import { smtp } from '../../src/demo/smtp.ts'
import { Stage } from '../../src/demo/stage.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor, type Credentials } from '../../src/demo/visitor.ts'

export const owner: Credentials = { user: 'me@example.test', password: 'correct horse battery' }
export const protocols: readonly Protocol[] = [smtp, imap, jmap]
/** A peer that may name other clients. */
export const proxyAddress = '127.0.0.9'

/** For what takes a second or two, on a machine that is busy. */
export const patience = { timeout: 30_000, interval: 20 }
/** RFC 5737: of nobody who is exempt. */
const anywhere: IpAddress = {
  family: 4,
  groups: [0, 0, 0, 0, 0, 0, 0xc000, 0x0201],
  text: '192.0.2.1',
}

/** As in the environment: `GATEPOST__...`. */
export type Settings = Readonly<Record<string, string>>

/** The whole server with the real engine. One for all tests of a file; each test has attackers of its own. */
export class Siege implements AsyncDisposable {
  readonly stage: Stage
  /** Lines of the server's log and of the engine's keeper. */
  readonly log: readonly string[]

  private constructor(stage: Stage, log: readonly string[]) {
    this.stage = stage
    this.log = log
  }

  /** `settings`: over those of every siege. */
  static async open(engine: Engine, settings: Settings = {}): Promise<Siege> {
    const log: string[] = []
    const stage = await Stage.open({
      engine,
      log: (line) => log.push(line),
      settings: {
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.2',
        GATEPOST__LISTEN__HTTPS__ENABLED: 'true',
        GATEPOST__PROXY__TRUSTED: proxyAddress,
        GATEPOST__LISTEN__MX__PROXY_PROTOCOL: 'true',
        GATEPOST__LISTEN__SUBMISSIONS__PROXY_PROTOCOL: 'true',
        ...settings,
      },
    })
    await stage.addAccount(owner)
    return new Siege(stage, log)
  }

  visitor(address: string): Visitor {
    return new Visitor(address, this.stage)
  }

  /**
   * Wrong passwords, one session each, over the protocols in turn: for an account that each attacker has for himself, since an attack from everywhere on
   * one that exists is another matter.
   */
  async guess(
    from: string | Visitor,
    times: number,
    over: readonly Protocol[] = protocols,
    user = `victim-of-${typeof from === 'string' ? from : from.address}@example.test`,
  ): Promise<string[]> {
    const visitor = typeof from === 'string' ? this.visitor(from) : from
    const replies: string[] = []
    for (let count = 0; count < times; count += 1) {
      const guess = { user, password: `guess${count}` }
      const protocol = over[count % over.length] ?? smtp
      replies.push(await protocol.logIn(visitor, guess))
    }
    return replies
  }

  /** Resolves when the server refuses the address. */
  async banned(address: string): Promise<{ readonly decision: Decision; readonly at: number }> {
    const { verdict, at } = await verdictOn(this.stage.server.filter, address, 'ban')
    if (verdict.kind !== 'ban') throw new Error('no ban')
    return { decision: verdict.decision, at }
  }

  /** Resolves when it no longer does. */
  async pardoned(address: string): Promise<void> {
    await verdictOn(this.stage.server.filter, address, 'allow')
  }

  /** Resolves when the account is under a decision that does so. */
  async accountUnder(user: string, kind: Remediation): Promise<Decision> {
    const { filter } = this.stage.server
    const verdict = await vi.waitUntil(() => {
      const found = filter.checkUser(user, anywhere)
      return found.kind === kind ? found : undefined
    }, patience)
    return verdict.decision
  }

  /** Resolves when no decision concerns it. */
  async accountFree(user: string): Promise<void> {
    const { filter } = this.stage.server
    await vi.waitUntil(() => filter.checkUser(user, anywhere).kind === 'allow', patience)
  }

  /** Resolves when the engine has judged what is in the log by now: it reads in order, so a stranger who attacks last is banned last. */
  async judged(stranger: string): Promise<void> {
    await this.guess(stranger, 6)
    await this.banned(stranger)
  }

  /** Names of the security events of the address, in order. */
  events(address: string): string[] {
    return this.stage.events.lines
      .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
      .filter(({ ip }) => ip === address)
      .map(({ event = '' }) => event)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]()
  }
}

/** Opens a siege for the tests of a file. Answers how a test gets at it, which skips the test where there is no engine. */
export function useSiege(
  settings: () => Settings | Promise<Settings> = () => ({}),
): (context: Pick<TestContext, 'skip'>) => Siege {
  let opened: Siege | undefined
  beforeAll(async () => {
    const engine = await findEngine(process.env)
    if (engine !== undefined) opened = await Siege.open(engine, await settings())
  })
  afterAll(() => opened?.[Symbol.asyncDispose]())
  return (context) => opened ?? missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
}
