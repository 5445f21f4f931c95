import { createHmac, hash, pbkdf2Sync, randomBytes } from 'node:crypto'

export interface ScramClientOptions {
  readonly user: string
  readonly password: string
  /** RFC 5801 section 4, without the comma: `n`, `y`, `p=tls-exporter`. Default: `n`. */
  readonly flag?: string
  readonly channelBinding?: Uint8Array
  readonly nonce?: string
}

/** The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), message by message. */
export class ScramClient {
  readonly first: string
  readonly #options: ScramClientOptions
  readonly #gs2: string
  readonly #nonce: string
  #serverSignature = ''

  constructor(options: ScramClientOptions) {
    this.#options = options
    this.#gs2 = `${options.flag ?? 'n'},,`
    this.#nonce = options.nonce ?? randomBytes(12).toString('base64')
    this.first = `${this.#gs2}${this.#bare}`
  }

  /** The answer to the server's first message. */
  final(serverFirst: string): string {
    const [nonce = '', salt = '', iterations = ''] = serverFirst.split(',')
    const { password, channelBinding = Buffer.alloc(0) } = this.#options
    const salted = pbkdf2Sync(
      password,
      Buffer.from(salt.slice(2), 'base64'),
      Number(iterations.slice(2)),
      32,
      'sha256',
    )
    const binding = Buffer.concat([Buffer.from(this.#gs2), channelBinding]).toString('base64')
    const withoutProof = `c=${binding},${nonce}`
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`
    const clientKey = hmac(salted, 'Client Key')
    const signature = hmac(hash('sha256', clientKey, 'buffer'), authMessage)
    const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
    this.#serverSignature = hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  /** Whether the server's last message shows that it knows the keys. */
  isServer(serverFinal: string): boolean {
    return serverFinal === `v=${this.#serverSignature}`
  }

  get #bare(): string {
    const user = this.#options.user.replaceAll('=', '=3D').replaceAll(',', '=2C')
    return `n=${user},r=${this.#nonce}`
  }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
