import type { Command } from '../command.ts'
import { logIn, refuseWithoutTls } from '../log-in.ts'

// RFC 3501 section 6.2.3.
export const login: Command = {
  name: 'LOGIN',
  when: 'notAuthenticated',
  async run(context) {
    const user = context.args.text('The user name')
    const password = context.args.text('The password')
    context.args.end()
    if (!context.connection.isSecure) return refuseWithoutTls(context, { user, mechanism: 'LOGIN' })
    return logIn(context, { user, password, mechanism: 'LOGIN' })
  },
}
