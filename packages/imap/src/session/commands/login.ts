import { loginClientOf } from '@gatepost/auth'

import type { Command } from '../command.ts'
import { no } from '../imap-reply.ts'
import { isChallenged, loginEnd, refuseWithoutTls } from '../log-in.ts'

// RFC 3501 section 6.2.3.
export const login: Command = {
  name: 'LOGIN',
  when: 'notAuthenticated',
  async run(context) {
    const user = context.args.text('The user name')
    const password = context.args.text('The password')
    context.args.end()
    const { connection } = context
    const { logins } = context.ports
    if (!connection.isSecure) return refuseWithoutTls(context, { user, mechanism: 'LOGIN' })
    if (isChallenged(context)) return no('Try again later', 'UNAVAILABLE')
    const client = loginClientOf(connection, 'imap')
    const outcome = await logins.attempt(client, {
      kind: 'password',
      user,
      password,
      mechanism: 'LOGIN',
    })
    if (outcome.kind === 'authenticated')
      logins.succeeded(client, { access: outcome.access, mechanism: 'LOGIN' })
    return loginEnd(context, outcome)
  },
}
