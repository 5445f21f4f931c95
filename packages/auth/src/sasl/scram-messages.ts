import { MalformedResponse } from './exchange.ts'

const maxMessageLength = 4096
const maxNameLength = 1024
const maxNonceLength = 256
/** More than RFC 5802 has, which are none. */
const maxExtensions = 8

export type ChannelBindingFlag =
  /** The client knows none. */
  | { readonly kind: 'none' }
  /** The client knows some, and has been told that the server does not. */
  | { readonly kind: 'unannounced' }
  | { readonly kind: 'used'; readonly name: string }

export interface ClientFirst {
  readonly gs2Header: string
  readonly channelBinding: ChannelBindingFlag
  readonly authorization: string | undefined
  readonly user: string
  readonly nonce: string
  /** `client-first-message-bare`. */
  readonly bare: string
}

export interface ClientFinal {
  readonly channelBinding: Buffer
  readonly nonce: string
  readonly proof: Buffer
  /** `client-final-message-without-proof`. */
  readonly withoutProof: string
}

// RFC 5801 section 4: cb-name.
const gs2 = /^(?:p=([A-Za-z0-9.-]{1,64})|([ny])),(?:a=([^,]*))?,/
const printable = /^[\x21-\x2b\x2d-\x7e]+$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** RFC 5802 section 7: client-first-message. @throws MalformedResponse */
export function readClientFirst(message: string): ClientFirst {
  if (message.length > maxMessageLength) throw malformed()
  const header = gs2.exec(message)
  if (header === null) throw malformed()
  const [gs2Header, bindingName, flag, authorization = ''] = header
  const bare = message.slice(gs2Header.length)
  const [name, nonce, ...extensions] = bare.split(',', maxExtensions + 3)
  const user = name?.startsWith('n=') === true ? readName(name.slice(2)) : undefined
  // A mandatory extension (`m=`) stands where the name does: none is known.
  if (user === undefined || user === '') throw malformed()
  const otherUser = readName(authorization)
  if (otherUser === undefined) throw malformed(user)
  checkExtensions(extensions, user)
  return {
    gs2Header,
    channelBinding:
      bindingName !== undefined
        ? { kind: 'used', name: bindingName }
        : { kind: flag === 'y' ? 'unannounced' : 'none' },
    // GNU SASL writes an empty one where it was given none.
    authorization: otherUser === '' ? undefined : otherUser,
    user,
    nonce: readNonce(nonce, user),
    bare,
  }
}

/** RFC 5802 section 7: client-final-message. @throws MalformedResponse */
export function readClientFinal(message: string, user: string): ClientFinal {
  const proofAt = message.lastIndexOf(',p=')
  if (message.length > maxMessageLength || proofAt === -1) throw malformed(user)
  const withoutProof = message.slice(0, proofAt)
  const [binding, nonce, ...extensions] = withoutProof.split(',', maxExtensions + 3)
  if (binding?.startsWith('c=') !== true) throw malformed(user)
  checkExtensions(extensions, user)
  return {
    channelBinding: readBase64(binding.slice(2), user),
    nonce: readNonce(nonce, user),
    proof: readBase64(message.slice(proofAt + 3), user),
    withoutProof,
  }
}

/** RFC 5802 section 5.1: `,` and `=` are written as `=2C` and `=3D`. Undefined: something else behind a `=`. */
function readName(text: string): string | undefined {
  if (text.length > maxNameLength || /=(?!2C|3D)/.test(text) || /\p{Cc}/u.test(text))
    return undefined
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

function readNonce(attribute: string | undefined, user: string): string {
  const nonce = attribute?.startsWith('r=') === true ? attribute.slice(2) : ''
  // The server's part comes behind the client's.
  if (nonce.length > 2 * maxNonceLength || !printable.test(nonce)) throw malformed(user)
  return nonce
}

function readBase64(text: string, user: string): Buffer {
  if (!base64.test(text)) throw malformed(user)
  return Buffer.from(text, 'base64')
}

function checkExtensions(extensions: readonly string[], user: string): void {
  const areAllowed = extensions.every((extension) => /^[A-Za-ln-z]=./.test(extension))
  if (extensions.length > maxExtensions || !areAllowed) throw malformed(user)
}

function malformed(user = ''): MalformedResponse {
  return new MalformedResponse('The message is not one of SCRAM', user)
}
