import { plainProblem } from '@gatepost/http'

export const pushTypes = ['Mailbox', 'Email', 'Thread', 'EmailDelivery', 'Identity'] as const
export type PushType = (typeof pushTypes)[number]

/** RFC 8620 section 7.3. */
export interface PushQuery {
  readonly types: readonly PushType[]
  readonly closesAfterState: boolean
  /** Seconds; 0: none. */
  readonly pingSeconds: number
}

const leastPing = 5
const mostPing = 3600

/** @throws ProblemError 400 */
export function readPushQuery(query: Readonly<Record<string, unknown>>): PushQuery {
  const { types = '*', closeafter = 'no', ping = '0' } = query
  if (typeof types !== 'string' || types.length > 2000) throw plainProblem(400, 'Bad "types"')
  if (closeafter !== 'no' && closeafter !== 'state') throw plainProblem(400, 'Bad "closeafter"')
  if (typeof ping !== 'string' || !/^\d{1,9}$/.test(ping)) throw plainProblem(400, 'Bad "ping"')
  const names = types.split(',')
  const seconds = Number(ping)
  return {
    // Types that are not ours never change.
    types: types === '*' ? pushTypes : pushTypes.filter((type) => names.includes(type)),
    closesAfterState: closeafter === 'state',
    pingSeconds: seconds === 0 ? 0 : Math.min(Math.max(seconds, leastPing), mostPing),
  }
}
