import type { ScramParameters } from '@gatepost/core'

import type { Evidence } from '../src/login/evidence.ts'
import type { SaslAttempt, SaslMechanism } from '../src/sasl/exchange.ts'
import type { TlsFacts } from '../src/sasl/tls-facts.ts'

export interface ScriptedSide {
  /** Left out: the client waits for a challenge. */
  readonly initial?: string | Buffer
  /** The client's answers to the challenges, in order. */
  readonly respond?: (challenge: string, at: number) => string | Buffer
  readonly tls?: TlsFacts
  readonly parameters?: ScramParameters
  readonly judge?: (evidence: Evidence) => SaslAttempt<string>
}

export interface Talk {
  readonly outcome: string
  readonly challenges: readonly string[]
  readonly evidence: readonly Evidence[]
}

/** Runs a mechanism between a script and a judge. Rejects with what the mechanism throws. */
export async function runMechanism(
  mechanism: SaslMechanism,
  {
    initial,
    respond = () => '',
    tls,
    parameters = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 },
    judge = () => ({ outcome: 'in', isRight: true }),
  }: ScriptedSide,
): Promise<Talk> {
  const challenges: string[] = []
  const evidence: Evidence[] = []
  const outcome = await mechanism.run<string>({
    initial: initial === undefined ? undefined : Buffer.from(initial),
    tls,
    challenge: async (challenge) => {
      challenges.push(challenge)
      return Buffer.from(respond(challenge, challenges.length))
    },
    scramParameters: async () => parameters,
    attempt: async (shown) => {
      evidence.push(shown)
      return judge(shown)
    },
  })
  return { outcome, challenges, evidence }
}

/** `Talk`, or the name of what it ended with. */
export function endOf(run: Promise<Talk>): Promise<string> {
  return run.then(
    () => 'Talk',
    (error: unknown) => (error instanceof Error ? error.name : 'nothing known'),
  )
}
