import type { Decision } from '@gatepost/security-crowdsec'
import { findEngine, type Engine } from '@gatepost/security-crowdsec/engine'
import { missing } from '@gatepost/testkit'
import { afterAll, beforeAll, type TestContext } from 'vitest'

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

/** The whole server with the real engine. One for all tests of a file; each test has attackers of its own. */
export class Siege implements AsyncDisposable {
  readonly stage: Stage

  private constructor(stage: Stage) {
    this.stage = stage
  }

  static async open(engine: Engine): Promise<Siege> {
    const stage = await Stage.open({
      engine,
      log: () => undefined,
      settings: {
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.2',
        GATEPOST__LISTEN__HTTPS__ENABLED: 'true',
        GATEPOST__PROXY__TRUSTED: proxyAddress,
        GATEPOST__LISTEN__MX__PROXY_PROTOCOL: 'true',
        GATEPOST__LISTEN__SUBMISSIONS__PROXY_PROTOCOL: 'true',
      },
    })
    await stage.addAccount(owner)
    return new Siege(stage)
  }

  visitor(address: string): Visitor {
    return new Visitor(address, this.stage)
  }

  /**
   * Wrong passwords, one session each, over the protocols in turn: for an account that each attacker has for himself, since an attack from everywhere on
   * one that exists is another matter.
   */
  async guess(
    address: string,
    times: number,
    over: readonly Protocol[] = protocols,
    user = `victim-of-${address}@example.test`,
  ): Promise<string[]> {
    const replies: string[] = []
    for (let count = 0; count < times; count += 1) {
      const guess = { user, password: `guess${count}` }
      const protocol = over[count % over.length] ?? smtp
      replies.push(await protocol.logIn(this.visitor(address), guess))
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
export function useSiege(): (context: Pick<TestContext, 'skip'>) => Siege {
  let opened: Siege | undefined
  beforeAll(async () => {
    const engine = await findEngine(process.env)
    if (engine !== undefined) opened = await Siege.open(engine)
  })
  afterAll(() => opened?.[Symbol.asyncDispose]())
  return (context) => opened ?? missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
}
