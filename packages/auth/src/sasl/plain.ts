import { ForeignIdentity, MalformedResponse, type SaslMechanism } from './exchange.ts'
import { utf8Of } from './utf8-of.ts'

// RFC 4616.
export const plain: SaslMechanism = {
  name: 'PLAIN',
  bindsChannel: false,
  needsScramKeys: false,
  async run({ initial, challenge, attempt }) {
    const message = utf8Of(initial ?? (await challenge('')))
    const [authorization, authentication, password, ...rest] = message.split('\0', 4)
    if (authorization === undefined || authentication === undefined || password === undefined)
      throw new MalformedResponse('The response is not that of PLAIN')
    // Programs that send the name as the authorization identity alone are many.
    const user = authentication === '' ? authorization : authentication
    if (rest.length > 0 || /\p{Cc}/u.test(user))
      throw new MalformedResponse('The response is not that of PLAIN')
    if (authorization !== '' && authorization !== user) throw new ForeignIdentity(user)
    const { outcome } = await attempt({ kind: 'password', user, password, mechanism: 'PLAIN' })
    return outcome
  },
}
