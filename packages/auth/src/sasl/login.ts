import { MalformedResponse, type SaslMechanism } from './exchange.ts'
import { utf8Of } from './utf8-of.ts'

// draft-murchison-sasl-login-00: obsolete, and all that some programs have.
export const login: SaslMechanism = {
  name: 'LOGIN',
  bindsChannel: false,
  needsScramKeys: false,
  async run({ initial, challenge, attempt }) {
    const user = utf8Of(initial ?? (await challenge('Username:')))
    if (/\p{Cc}/u.test(user)) throw new MalformedResponse('The response is not a user name')
    const password = utf8Of(await challenge('Password:'))
    const { outcome } = await attempt({ kind: 'password', user, password, mechanism: 'LOGIN' })
    return outcome
  },
}
