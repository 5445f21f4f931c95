import { logInBySasl, loginClientOf, saslMechanismNames, tlsFactsOf } from '@gatepost/auth'

import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { no } from '../imap-reply.ts'
import { isChallenged, loginEnd, refuseWithoutTls } from '../log-in.ts'

// RFC 3501 section 6.2.2, RFC 4959 (SASL-IR). The parser takes the mechanism for a part of the name.
export const authenticate: readonly Command[] = saslMechanismNames.map((name) => ({
  name: `AUTHENTICATE ${name}`,
  when: 'notAuthenticated',
  async run(context) {
    const { args, connection, ports } = context
    const { logins } = ports
    const initial = args.isAtEnd ? undefined : args.astring('The initial response')
    args.end()
    if (!connection.isSecure) return refuseWithoutTls(context, { user: '', mechanism: name })
    const tls = tlsFactsOf(connection)
    const mechanism = (await logins.mechanisms(tls)).find((offered) => offered.name === name)
    if (mechanism === undefined) return no('This mechanism is not offered')
    if (isChallenged(context)) return no('Try again later', 'UNAVAILABLE')
    const outcome = await logInBySasl({
      logins,
      client: loginClientOf(connection, 'imap'),
      mechanism,
      initial,
      tls,
      ask: (challenge) => askClient(context, challenge),
    })
    return loginEnd(context, outcome)
  },
}))

async function askClient(
  { input, writer, ports }: CommandContext,
  challenge: string,
): Promise<string> {
  writer.line(`+ ${challenge}`)
  await writer.flush()
  const line = await input.line(ports.limits.loginMs)
  if (typeof line !== 'string') throw syntaxError('The response is too long')
  return line
}
