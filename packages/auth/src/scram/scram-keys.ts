import { createHmac, hash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

import type { ScramKeys, ScramParameters, ScramSecret } from '@gatepost/core'

const derive = promisify(pbkdf2)

/** What a client shows at the end of an exchange. */
export interface ScramProof {
  /** RFC 5802 section 3: AuthMessage. */
  readonly authMessage: string
  /** ClientProof: 32 bytes, or it is wrong. */
  readonly proof: Buffer
}

/** As many as clients bear: Cyrus SASL refuses more than 65,536 (docs/adr/0022). */
const scramIterations = 65_536
// A damaged directory must not make a client, or the first login of an account, compute for minutes.
const maxIterations = 1_000_000
const keyBytes = 32
const saltBytes = 16

export function newScramParameters(): ScramParameters {
  return { salt: randomBytes(saltBytes).toString('base64'), iterations: scramIterations }
}

/** Whether a stored record asks for what a client can be asked for (RFC 7677 section 4: 4,096 at least). */
export function areScramParameters({ salt, iterations }: ScramParameters): boolean {
  return (
    /^[A-Za-z0-9+/]{11,86}={0,2}$/.test(salt) && iterations >= 4096 && iterations <= maxIterations
  )
}

/** RFC 5802 section 3, with SHA-256 (RFC 7677). Runs on libuv's pool. */
export async function scramSecret(
  password: string,
  parameters: ScramParameters,
): Promise<ScramSecret> {
  const salted = await derive(
    // Not SASLprep but NFC, as the other hash of the password: for all passwords but those with compatibility characters the same.
    password.normalize('NFC'),
    Buffer.from(parameters.salt, 'base64'),
    parameters.iterations,
    keyBytes,
    'sha256',
  )
  const storedKey = hash('sha256', hmac(salted, 'Client Key'), 'base64')
  const serverKey = hmac(salted, 'Server Key').toString('base64')
  return { parameters, keys: { storedKey, serverKey } }
}

/** In constant time. */
export function isProofOf(
  keys: Pick<ScramKeys, 'storedKey'>,
  { authMessage, proof }: ScramProof,
): boolean {
  const storedKey = Buffer.from(keys.storedKey, 'base64')
  const signature = hmac(storedKey, authMessage)
  if (proof.length !== keyBytes || storedKey.length !== keyBytes) return false
  const clientKey = signature.map((byte, at) => byte ^ (proof[at] ?? 0))
  return timingSafeEqual(hash('sha256', clientKey, 'buffer'), storedKey)
}

/** Tells the client that the server knows it as well; base64. */
export function serverSignatureOf({ serverKey }: ScramKeys, authMessage: string): string {
  return hmac(Buffer.from(serverKey, 'base64'), authMessage).toString('base64')
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
