import {
  logInBySasl,
  loginClientOf,
  tlsFactsOf,
  type LoginOutcome,
  type Logins,
} from '@gatepost/auth'
import type { GateConnection } from '@gatepost/gate'

import { replies, type SmtpReply } from '../session/smtp-reply.ts'

export interface SmtpLogin {
  readonly client: GateConnection
  readonly logins: Logins | undefined
  /** Somebody has logged in, or a transaction has begun. */
  readonly isTooLate: boolean
  /** Sends a 334, and answers the next line. */
  readonly ask: (challenge: string) => Promise<string>
}

export type SmtpLoginOutcome =
  | Extract<LoginOutcome, { kind: 'authenticated' | 'refused' }>
  | { readonly kind: 'reply'; readonly reply: SmtpReply }

/** For EHLO; empty where nobody can log in. */
export async function announcedMechanisms(
  logins: Logins | undefined,
  client: GateConnection,
): Promise<string> {
  const mechanisms = (await logins?.mechanisms(tlsFactsOf(client))) ?? []
  return mechanisms.map(({ name }) => name).join(' ')
}

/** RFC 4954 section 4: `AUTH mechanism [initial-response]`. Rejects with what the directory does. */
export async function logInOverSmtp(
  command: string,
  { client, logins, isTooLate, ask }: SmtpLogin,
): Promise<SmtpLoginOutcome> {
  const [, written = '', initial, ...rest] = command.trim().split(/\s+/)
  const name = written.toUpperCase()
  if (logins === undefined) return refusal(replies.notOffered())
  const loginClient = loginClientOf(client, 'smtp')
  if (!client.isSecure) {
    logins.failed(loginClient, { user: '', mechanism: written, reason: 'not_over_tls' })
    return refusal(replies.authOnlyOverTls())
  }
  if (isTooLate) return refusal(replies.authTooLate())
  const tls = tlsFactsOf(client)
  const mechanism = (await logins.mechanisms(tls)).find((offered) => offered.name === name)
  if (mechanism === undefined) return refusal(replies.authUnknown())
  if (rest.length > 0) return refusal(replies.authMalformed())
  const outcome = await logInBySasl({ logins, client: loginClient, mechanism, initial, tls, ask })
  switch (outcome.kind) {
    case 'authenticated':
    case 'refused':
      return outcome
    case 'busy':
    case 'blocked':
      return refusal(replies.authBusy())
    case 'foreign':
      return refusal(replies.authFailed())
    case 'malformed':
      return refusal(replies.authMalformed())
    case 'cancelled':
      return refusal(replies.authCancelled())
  }
}

function refusal(reply: SmtpReply): SmtpLoginOutcome {
  return { kind: 'reply', reply }
}
