import type { ServerResponse } from 'node:http'

import { plainProblem } from './problem.ts'

/** Calls back when the response is over, at once when it is already: a client may go while its password is looked at. */
export function whenClosed(response: ServerResponse, act: () => void): void {
  if (response.destroyed) act()
  else response.once('close', act)
}

/** @throws ProblemError that nobody hears, when the client is gone: there is nothing left to do for it. */
export function checkIsThere(response: ServerResponse): void {
  if (response.destroyed) throw plainProblem(400, 'The client is gone')
}
