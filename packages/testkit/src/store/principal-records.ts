import type { Account, LoginRecord, PrincipalId, Principals } from '@gatepost/core'
import { expect } from 'vitest'

/** The one whose principal the suites look at. */
export const login: string = 'me@example.test'

export async function recordOf(
  directory: Pick<Principals, 'login'>,
  name: string = login,
): Promise<LoginRecord> {
  return (await directory.login(name)) ?? expect.unreachable()
}

export async function principalOf(
  directory: Pick<Principals, 'login'>,
  name: Account['address'],
): Promise<PrincipalId> {
  return (await recordOf(directory, name)).access.principal.id
}
