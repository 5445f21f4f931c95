import type { Logins } from '@gatepost/auth'
import type { Clock, MemoryPool } from '@gatepost/core'
import type { Door, RefusalReason } from '@gatepost/gate'
import type { AuthFailureLog } from '@gatepost/security-crowdsec'
import type { Spool } from '@gatepost/spool'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { MxPolicy, type MxPolicyOptions } from '../session/mx-policy.ts'
import { whoIsBlocked } from '../session/smtp-reply.ts'
import { SubmissionPolicy, type SubmissionPolicyOptions } from '../session/submission-policy.ts'
import { GateSmtpServer, type GateSmtpServerOptions } from './gate-smtp-server.ts'
import { defaultSmtpLimits, type SmtpLimits } from './smtp-limits.ts'

interface CommonOptions {
  readonly security: AuthFailureLog
  readonly logger: Logger
  readonly metrics: Metrics
  readonly hostname: string
  readonly clock: Clock
  readonly limits?: Partial<SmtpLimits>
  /** For messages on their way, with the other doors. */
  readonly memory?: MemoryPool | undefined
  /** For large messages on their way. */
  readonly spool?: Spool | undefined
}
export type MxDoorOptions = CommonOptions & Omit<MxPolicyOptions, 'security'>
export type SubmissionDoorOptions = CommonOptions &
  SubmissionPolicyOptions & {
    readonly logins: Logins
    readonly isImplicitTls: boolean
  }

/** Port 25: mail from other servers (RFC 5321), STARTTLS offered. */
export function createMxDoor(options: MxDoorOptions): Door {
  const { security, logger, metrics, hostname, clock, memory, spool } = options
  // Not spread: logins among the caller's options would open AUTH to the whole world here.
  return doorTo({
    security,
    logger,
    metrics,
    hostname,
    clock,
    memory,
    spool,
    policy: new MxPolicy(options),
    isImplicitTls: false,
    limits: limitsOf(options.limits),
  })
}

/** Ports 587 (STARTTLS) and 465 (implicit TLS): mail from our users (RFC 6409, RFC 8314). */
export function createSubmissionDoor(options: SubmissionDoorOptions): Door {
  return doorTo({
    ...options,
    policy: new SubmissionPolicy(options),
    limits: limitsOf(options.limits),
  })
}

function limitsOf(chosen: Partial<SmtpLimits> = {}): SmtpLimits {
  const limits = { ...defaultSmtpLimits, ...chosen }
  // With less, one message of the full size could leave no room for any other.
  const maxBytesInFlight = Math.max(limits.maxBytesInFlight, 4 * limits.maxMessageBytes)
  return { ...limits, maxBytesInFlight: chosen.maxBytesInFlight ?? maxBytesInFlight }
}

function doorTo(options: GateSmtpServerOptions): Door {
  const server = new GateSmtpServer(options)
  return {
    protocol: 'smtp',
    traits: { isJudgedByRequest: false, hasHello: true, speaksHttp: false, idleKind: 'command' },
    accept: (connection) => server.serve(connection),
    refusal: (reason) => `${refusalText(reason)}\r\n`,
  }
}

function refusalText(reason: RefusalReason): string {
  switch (reason.kind) {
    case 'ban': {
      const who = whoIsBlocked(reason.decision)
      // A server that has sent good mail so far keeps what it has for us, and comes back: a ban ends.
      if (reason.mayReturn === true)
        return `421 4.7.1 Connection refused: ${who} is blocked for now, try again later`
      // RFC 5321 section 3.1: 554 instead of the greeting.
      return `554 5.7.1 Connection refused: ${who} is blocked`
    }
    case 'unavailable':
      return '421 4.7.0 Service not available, try again later'
    case 'busy':
      return '421 4.3.2 Too many connections, try again later'
  }
}
