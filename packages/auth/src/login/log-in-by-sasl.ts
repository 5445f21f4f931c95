import {
  ForeignIdentity,
  MalformedResponse,
  SaslCancelled,
  type SaslMechanism,
} from '../sasl/exchange.ts'
import type { TlsFacts } from '../sasl/tls-facts.ts'
import type { LoginClient, LoginOutcome, Logins } from './logins.ts'

export interface SaslLogin {
  readonly logins: Logins
  readonly client: LoginClient
  readonly mechanism: SaslMechanism
  /** As it came with the command, in base64; `=` is an empty one. */
  readonly initial: string | undefined
  readonly tls: TlsFacts | undefined
  /** Sends a challenge in base64, and answers the client's line. What it throws ends the login. */
  readonly ask: (challenge: string) => Promise<string>
}

export type SaslOutcome =
  | LoginOutcome
  | { readonly kind: 'cancelled' }
  /** Against the mechanism, or no base64; it has been reported. */
  | { readonly kind: 'malformed' }
  /** To act for somebody else, which nobody may; it has been reported. */
  | { readonly kind: 'foreign' }

/** RFC 4954 section 4 wants room for as much. */
const maxResponseLength = 12_288
/** Printers and scripts leave the padding out. */
const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** One exchange (RFC 4422), as SMTP (RFC 4954) and IMAP (RFC 3501, RFC 4959) carry it. What came of it has been told to the security log. */
export async function logInBySasl(login: SaslLogin): Promise<SaslOutcome> {
  const { logins, client, mechanism, initial, tls } = login
  try {
    const outcome = await mechanism.run<LoginOutcome>({
      initial: initial === undefined ? undefined : decoded(initial === '=' ? '' : initial),
      tls,
      challenge: async (data) => decoded(await login.ask(Buffer.from(data).toString('base64'))),
      scramParameters: async (user) => {
        const parameters = await logins.scramParameters(client, user)
        return 'kind' in parameters ? { refused: parameters } : parameters
      },
      attempt: async (evidence) => {
        const attempted = await logins.attempt(client, evidence)
        return attempted.kind === 'authenticated'
          ? { outcome: attempted, isRight: true, serverSignature: attempted.serverSignature }
          : { outcome: attempted, isRight: false }
      },
    })
    if (outcome.kind === 'authenticated')
      logins.succeeded(client, { access: outcome.access, mechanism: mechanism.name })
    return outcome
  } catch (error) {
    if (error instanceof SaslCancelled) return { kind: 'cancelled' }
    if (!(error instanceof MalformedResponse || error instanceof ForeignIdentity)) throw error
    logins.failed(client, { user: error.user, mechanism: mechanism.name, reason: 'malformed' })
    return { kind: error instanceof ForeignIdentity ? 'foreign' : 'malformed' }
  }
}

/** @throws SaslCancelled, MalformedResponse */
function decoded(line: string): Buffer {
  if (line === '*') throw new SaslCancelled()
  if (line.length > maxResponseLength || !base64.test(line))
    throw new MalformedResponse('The response is not in base64')
  return Buffer.from(line, 'base64')
}
