import { oauthBearer, xoauth2 } from './bearer-tokens.ts'
import type { SaslMechanism } from './exchange.ts'
import { login } from './login.ts'
import { plain } from './plain.ts'
import { scramMechanism } from './scram.ts'
import type { TlsFacts } from './tls-facts.ts'

/** As they are announced: a program that takes the first one it is told of gets what all programs can do. */
const mechanisms: readonly SaslMechanism[] = [
  plain,
  login,
  scramMechanism(false),
  scramMechanism(true),
  oauthBearer,
  xoauth2,
]

/** Of all that there are. */
export const saslMechanismNames: readonly string[] = mechanisms.map(({ name }) => name)

export interface MechanismConditions {
  /** Undefined: not over TLS. */
  readonly tls: TlsFacts | undefined
  /** Every account can log in by SCRAM. */
  readonly hasScramKeys: boolean
}

/** Those that a connection may use: none without TLS, where even SCRAM would give whoever reads along something to guess passwords with. */
export function offeredMechanisms({
  tls,
  hasScramKeys,
}: MechanismConditions): readonly SaslMechanism[] {
  if (tls === undefined) return []
  return mechanisms.filter(
    ({ bindsChannel, needsScramKeys }) =>
      (!needsScramKeys || hasScramKeys) && (!bindsChannel || tls.channelBindings.size > 0),
  )
}
