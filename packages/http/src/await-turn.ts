import type { FastifyReply } from 'fastify'

import { plainProblem, type ProblemError } from './problem.ts'
import type { Visit } from './waiting-line.ts'
import { checkIsThere } from './when-closed.ts'

/** Fulfils when the visit is inside. `full`: for one that may not even wait. @throws ProblemError `full`, or 429 when its turn did not come in time */
export async function awaitTurn(
  visit: Visit,
  reply: FastifyReply,
  full: ProblemError = tooMuchAtOnce(),
): Promise<void> {
  const turn = await visit.turn
  checkIsThere(reply.raw)
  if (turn === 'full') throw full
  if (turn !== 'inside') throw tooMuchAtOnce()
}

/** Nothing that a client does wrong: others of the same account came first. */
export function tooMuchAtOnce(): ProblemError {
  return plainProblem(429, 'Too much at once', { headers: { 'retry-after': '5' } })
}
