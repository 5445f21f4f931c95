import type { Protocol } from '../../src/demo/protocol.ts'
import type { Stage } from '../../src/demo/stage.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor, type Credentials } from '../../src/demo/visitor.ts'

export interface RangeScene {
  readonly owner: Credentials
  /** As `cscli decisions add` takes it. */
  readonly range: string
  readonly protocols: readonly Protocol[]
  /** One client for each protocol. */
  readonly inside: readonly string[]
  readonly outside: string
}

/** What the clients were told, one for each protocol. */
export interface RangeReport {
  /** At the end of the sessions that were open inside. */
  readonly farewells: readonly string[]
  readonly refusals: readonly string[]
  readonly welcomes: readonly string[]
  /** In a session from outside that was open all the time. */
  readonly stillServed: string
  /** The decision, as the filter knows it. */
  readonly value: string
}

/** A decision on a range made by hand, with sessions open inside of it and outside. */
export async function banRange(stage: Stage, scene: RangeScene): Promise<RangeReport> {
  const { owner, range, protocols, outside } = scene
  const inside = protocols.map((protocol, index) => ({
    protocol,
    visitor: new Visitor(scene.inside[index] ?? '', stage),
  }))
  const stranger = new Visitor(outside, stage)
  using open = new DisposableStack()
  const sessions = []
  for (const { protocol, visitor } of inside)
    sessions.push(open.use(await protocol.stay(visitor, owner)))
  const other = open.use(stranger.open('mx'))
  await other.hearUntil(/^220 /)

  await stage.cscli('decisions', 'add', '--range', range)
  const { verdict } = await verdictOn(stage.server.filter, scene.inside[0] ?? '', 'ban')
  const farewells: string[] = []
  for (const session of sessions) farewells.push((await session.rest()).at(-1) ?? '')
  const refusals: string[] = []
  const welcomes: string[] = []
  for (const { protocol, visitor } of inside) {
    refusals.push(await protocol.knock(visitor))
    welcomes.push(await protocol.knock(stranger))
  }
  const stillServed = await other.ask('HELO client.example', /^\d{3} /)
  const value = verdict.kind === 'ban' ? verdict.decision.value : ''
  return { farewells, refusals, welcomes, stillServed, value }
}
