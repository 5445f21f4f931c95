import { MalformedResponse, type SaslMechanism } from './exchange.ts'
import { utf8Of } from './utf8-of.ts'

const maxMessageLength = 9216
const maxPairs = 16
// RFC 6750 section 2.1: b64token.
const bearer = /^bearer +([A-Za-z0-9._~+/-]{1,8192}=*)$/i

// RFC 7628.
export const oauthBearer: SaslMechanism = {
  name: 'OAUTHBEARER',
  bindsChannel: false,
  needsScramKeys: false,
  async run({ initial, challenge, attempt }) {
    const [header = '', ...rest] = pairsOf(utf8Of(initial ?? (await challenge(''))))
    const gs2 = /^[ny],(?:a=([^,]{0,1024}))?,$/.exec(header)
    if (gs2 === null) throw malformed()
    const user = (gs2[1] ?? '').replaceAll('=2C', ',').replaceAll('=3D', '=')
    const token = tokenIn(rest, user)
    const { outcome, isRight } = await attempt({
      kind: 'token',
      user,
      token,
      mechanism: 'OAUTHBEARER',
    })
    // RFC 7628 section 3.2.3: the client answers with one byte, whatever it is.
    if (!isRight) await challenge('{"status":"invalid_token"}')
    return outcome
  },
}

// Google's and Microsoft's forerunner of RFC 7628.
export const xoauth2: SaslMechanism = {
  name: 'XOAUTH2',
  bindsChannel: false,
  needsScramKeys: false,
  async run({ initial, challenge, attempt }) {
    const [name = '', ...rest] = pairsOf(utf8Of(initial ?? (await challenge(''))))
    if (!name.startsWith('user=')) throw malformed()
    const user = name.slice('user='.length)
    const token = tokenIn(rest, user)
    const { outcome, isRight } = await attempt({ kind: 'token', user, token, mechanism: 'XOAUTH2' })
    if (!isRight) await challenge('{"status":"400","schemes":"bearer","scope":""}')
    return outcome
  },
}

/** Between bytes 0x01, with two at the end. */
function pairsOf(message: string): readonly string[] {
  const pairs = message.split('\u0001', maxPairs + 2)
  const isWhole = pairs.at(-1) === '' && pairs.at(-2) === ''
  if (message.length > maxMessageLength || pairs.length > maxPairs || !isWhole) throw malformed()
  return pairs.slice(0, -2)
}

function tokenIn(pairs: readonly string[], user: string): string {
  if (/\p{Cc}/u.test(user)) throw malformed()
  const auth = pairs.filter((pair) => /^auth=/i.test(pair))
  const token = bearer.exec(auth[0]?.slice('auth='.length) ?? '')?.[1]
  if (token === undefined || auth.length !== 1) throw malformed(user)
  return token
}

function malformed(user = ''): MalformedResponse {
  return new MalformedResponse('The response carries no bearer token', user)
}
