import type { AuthFailureLog, ConnectionFilter } from '@gatepost/security-crowdsec'

import type { KnownClients } from '../known/known-clients.ts'
import type { Judge } from '../remedy/judge.ts'

/** What logins are judged by and told to. */
export interface LoginPorts {
  readonly judge: Judge
  readonly known: Pick<KnownClients, 'loggedIn' | 'knownFor'>
  readonly filter: Pick<ConnectionFilter, 'noteAuthFailure' | 'noteStrongLogin'>
  readonly security: Pick<AuthFailureLog, 'authFailed' | 'authSucceeded' | 'connectionLimited'>
  /** How long a login to an account under `slow` waits. */
  readonly slowMs: number
}
