import { loginClientOf } from '@gatepost/auth'

import { capabilitiesAfterLogin } from './capabilities.ts'
import type { CommandContext, CommandEnd } from './command.ts'
import { no, ok } from './imap-reply.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
  readonly mechanism: string
}

export async function logIn(
  { ports, connection, state, writer }: CommandContext,
  { user, password, mechanism }: Credentials,
): Promise<CommandEnd> {
  const { judgement } = connection
  // IMAP has nothing to prove oneself with.
  if (judgement.kind === 'challenge') {
    connection.refused(judgement.decision, 'challenged')
    return no('Try again later', 'UNAVAILABLE')
  }
  const client = loginClientOf(connection)
  const outcome = await ports.logins.attempt(client, { user, password, mechanism })
  switch (outcome.kind) {
    case 'authenticated':
      ports.logins.succeeded(client, { access: outcome.access, mechanism })
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
  }
}

/** RFC 3501 section 6.2.3: LOGINDISABLED was announced, so this client does not care who reads along. */
export function refuseWithoutTls(
  { ports, connection }: CommandContext,
  { user, mechanism }: Pick<Credentials, 'user' | 'mechanism'>,
): CommandEnd {
  ports.logins.failed(loginClientOf(connection), { user, mechanism, reason: 'not_over_tls' })
  return no('Use STARTTLS first', 'PRIVACYREQUIRED')
}
