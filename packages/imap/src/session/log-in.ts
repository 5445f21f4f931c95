import { capabilitiesAfterLogin } from './capabilities.ts'
import type { CommandContext, CommandEnd } from './command.ts'
import { no, ok } from './imap-reply.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
  readonly mechanism: string
}

export async function logIn(
  { ports, connection, securityContext, state, writer }: CommandContext,
  { user, password, mechanism }: Credentials,
): Promise<CommandEnd> {
  const result = await ports.authenticator.authenticate(user, password)
  switch (result.kind) {
    case 'authenticated':
      ports.security.authSucceeded(securityContext, { user, mechanism })
      state.account = result.account
      connection.bindAccount(result.account.id, result.account.address)
      return ok('Logged in', `CAPABILITY ${capabilitiesAfterLogin}`)
    case 'busy':
      return no('Try again later', 'UNAVAILABLE')
    case 'refused': {
      const { reason, fingerprint } = result
      ports.security.authFailed(securityContext, { user, mechanism, reason, fingerprint })
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
  { ports, securityContext }: CommandContext,
  { user, mechanism }: Pick<Credentials, 'user' | 'mechanism'>,
): CommandEnd {
  ports.security.authFailed(securityContext, { user, mechanism, reason: 'not_over_tls' })
  return no('Use STARTTLS first', 'PRIVACYREQUIRED')
}
