import { loginClientOf, type SaslOutcome } from '@gatepost/auth'

import { syntaxError } from '../grammar/syntax-error.ts'
import { capabilitiesAfterLogin } from './capabilities.ts'
import type { CommandContext, CommandEnd } from './command.ts'
import { no, ok } from './imap-reply.ts'

/** IMAP has nothing to prove oneself with. True: told. */
export function isChallenged({ connection }: CommandContext): boolean {
  const { judgement } = connection
  if (judgement.kind !== 'challenge') return false
  connection.refused(judgement.decision, 'challenged')
  return true
}

/** What the session does about a login. @throws MailError for one against the grammar */
export function loginEnd(
  { ports, connection, state, writer }: CommandContext,
  outcome: SaslOutcome,
): CommandEnd {
  switch (outcome.kind) {
    case 'authenticated':
      state.access = outcome.access
      connection.bindLogin(outcome)
      return ok('Logged in', `CAPABILITY ${capabilitiesAfterLogin}`)
    case 'busy':
    case 'blocked':
      return no('Try again later', 'UNAVAILABLE')
    case 'refused': {
      state.authFailures += 1
      const isLast = state.authFailures >= ports.limits.maxAuthFailures
      if (isLast) writer.line('* BYE Too many failed logins')
      // RFC 5530: the same for an unknown user and for a wrong password.
      return { ...no('Authentication failed', 'AUTHENTICATIONFAILED'), isLast }
    }
    case 'cancelled':
      return { status: 'BAD', text: 'Authentication cancelled' }
    case 'malformed':
    case 'foreign':
      throw syntaxError('The response is not that of the mechanism')
  }
}

/** RFC 3501 section 6.2.3: LOGINDISABLED was announced, so this client does not care who reads along. */
export function refuseWithoutTls(
  { ports, connection }: CommandContext,
  { user, mechanism }: { readonly user: string; readonly mechanism: string },
): CommandEnd {
  ports.logins.failed(loginClientOf(connection, 'imap'), {
    user,
    mechanism,
    reason: 'not_over_tls',
  })
  return no('Use STARTTLS first', 'PRIVACYREQUIRED')
}
