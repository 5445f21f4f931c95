import { randomBytes, timingSafeEqual } from 'node:crypto'

import { ForeignIdentity, MalformedResponse, type SaslMechanism } from './exchange.ts'
import { readClientFinal, readClientFirst, type ClientFirst } from './scram-messages.ts'
import type { TlsFacts } from './tls-facts.ts'
import { utf8Of } from './utf8-of.ts'

/** `makeNonce`: printable ASCII without commas, unlike any before. */
export function scramMechanism(
  bindsChannel: boolean,
  makeNonce: () => string = () => randomBytes(18).toString('base64'),
): SaslMechanism {
  const name = bindsChannel ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256'
  return {
    name,
    bindsChannel,
    needsScramKeys: true,
    // RFC 5802 section 5, RFC 7677.
    async run({ initial, tls, challenge, scramParameters, attempt }) {
      const first = readClientFirst(utf8Of(initial ?? (await challenge(''))))
      const { user, authorization } = first
      const binding = bindingOf(first, bindsChannel, tls)
      if (authorization !== undefined && authorization !== user) throw new ForeignIdentity(user)
      const parameters = await scramParameters(user)
      if ('refused' in parameters) return parameters.refused
      const nonce = `${first.nonce}${makeNonce()}`
      const serverFirst = `r=${nonce},s=${parameters.salt},i=${parameters.iterations}`
      const final = readClientFinal(utf8Of(await challenge(serverFirst)), user)
      if (final.nonce !== nonce || !areSame(final.channelBinding, binding))
        throw new MalformedResponse('The message is of another exchange', user)
      const { outcome, serverSignature } = await attempt({
        kind: 'scram',
        user,
        authMessage: `${first.bare},${serverFirst},${final.withoutProof}`,
        proof: final.proof,
        mechanism: name,
      })
      // The client may have its doubts about us, and end the exchange here.
      if (serverSignature !== undefined) await challenge(`v=${serverSignature}`)
      return outcome
    },
  }
}

/** What the client has to repeat: its GS2 header, and the channel binding. @throws MalformedResponse */
function bindingOf(
  { channelBinding, gs2Header, user }: ClientFirst,
  bindsChannel: boolean,
  tls: TlsFacts | undefined,
): Buffer {
  const bindings = tls?.channelBindings
  // RFC 5802 section 6: the client was told of no -PLUS, though it was announced. Somebody stands between.
  if (channelBinding.kind === 'unannounced' && bindings !== undefined && bindings.size > 0)
    throw new MalformedResponse('Channel binding was announced', user)
  if ((channelBinding.kind === 'used') !== bindsChannel)
    throw new MalformedResponse('The mechanism and the channel binding do not go together', user)
  if (channelBinding.kind !== 'used') return Buffer.from(gs2Header)
  const data = bindings?.get(channelBinding.name)
  if (data === undefined) throw new MalformedResponse('Unknown channel binding', user)
  return Buffer.concat([Buffer.from(gs2Header), data()])
}

function areSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
