import type { Logins } from '@gatepost/auth'
import {
  DataMemory,
  Turns,
  type ChangeFeed,
  type Clock,
  type MailStore,
  type MemoryPool,
} from '@gatepost/core'
import type { Door } from '@gatepost/gate'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { ImapSession } from '../session/imap-session.ts'
import type { SessionPorts } from '../session/session-ports.ts'
import { defaultImapLimits, type ImapLimits } from './imap-limits.ts'

export interface ImapDoorOptions {
  readonly store: MailStore
  readonly changes: Pick<ChangeFeed, 'subscribe'>
  readonly logins: Logins
  readonly security: AuthFailureLog
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly hostname: string
  readonly version: string
  readonly limits?: Partial<ImapLimits>
  /** For messages on their way, with the other doors. */
  readonly memory?: MemoryPool | undefined
  /** For large messages on their way. */
  readonly spool?: Spool | undefined
}

/** Ports 143 (STARTTLS) and 993 (implicit TLS): one door serves both (RFC 3501, RFC 8314). */
export function createImapDoor(options: ImapDoorOptions): Door {
  const limits = { ...defaultImapLimits, ...options.limits }
  const ports: SessionPorts = {
    ...options,
    limits,
    memory: new DataMemory(limits, options.memory),
    turns: new Turns(),
    commands: options.metrics.counter('gatepost_imap_commands_total', 'IMAP commands answered', [
      'command',
      'status',
    ]),
  }
  return {
    protocol: 'imap',
    traits: { isJudgedByRequest: false, hasHello: false, speaksHttp: false, idleKind: 'login' },
    accept: (connection) => void new ImapSession(ports, connection).run(),
    refusal: (reason) =>
      reason.kind === 'ban'
        ? '* BYE Connection refused: your address is blocked\r\n'
        : `* BYE [UNAVAILABLE] ${reason.kind === 'busy' ? 'Too many connections' : 'Not available'}, try again later\r\n`,
  }
}
