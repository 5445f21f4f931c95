import type { Logins } from '@gatepost/auth'
import type { ChangeFeed, Clock, DataMemory, MailStore, Turns } from '@gatepost/core'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import type { Logger, MetricCounter } from '@gatepost/telemetry'

import type { ImapLimits } from '../server/imap-limits.ts'

/** What sessions need of the rest of the server. */
export interface SessionPorts {
  readonly store: MailStore
  readonly changes: Pick<ChangeFeed, 'subscribe'>
  readonly logins: Logins
  readonly security: AuthFailureLog
  readonly logger: Logger
  readonly commands: MetricCounter<'command' | 'status'>
  readonly clock: Clock
  readonly hostname: string
  readonly version: string
  readonly limits: ImapLimits
  readonly memory: DataMemory
  /** For large messages on their way; left out: they are in memory. */
  readonly spool?: Spool | undefined
  /** For what many sessions have to do at once. */
  readonly turns: Turns
}
