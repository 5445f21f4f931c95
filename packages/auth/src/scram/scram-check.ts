import { createHmac, randomBytes } from 'node:crypto'

import type { Credential, LoginRecord, ScramKeys, ScramParameters } from '@gatepost/core'

import {
  areScramParameters,
  isProofOf,
  newScramParameters,
  serverSignatureOf,
  type ScramProof,
} from './scram-keys.ts'

export interface FoundCredential {
  readonly credential: Credential
  readonly keys: ScramKeys
  readonly serverSignature: string
}

/** Which credential a proof is of. Nobody learns who is here: an unknown user has a salt as well, the same each time, and keys that nobody has. */
export class ScramCheck {
  readonly #saltKey: Uint8Array
  readonly #decoy = {
    storedKey: randomBytes(32).toString('base64'),
    serverKey: randomBytes(32).toString('base64'),
  }

  /** `saltKey`: stays the same over restarts. */
  constructor(saltKey: Uint8Array) {
    this.#saltKey = saltKey
  }

  parametersOf(user: string, record: LoginRecord | undefined): ScramParameters {
    const { salt, iterations } = newScramParameters()
    const decoy = createHmac('sha256', this.#saltKey).update(user).digest()
    const bytes = Buffer.byteLength(salt, 'base64')
    const own = record?.scram
    return own !== undefined && areScramParameters(own)
      ? own
      : { salt: decoy.subarray(0, bytes).toString('base64'), iterations }
  }

  /** All are looked at, so that the time of the answer does not tell which it was. */
  find(proof: ScramProof, record: LoginRecord | undefined): FoundCredential | undefined {
    const credentials = record?.credentials ?? []
    if (credentials.length === 0) isProofOf(this.#decoy, proof)
    let found: { readonly credential: Credential; readonly keys: ScramKeys } | undefined
    for (const credential of credentials) {
      const { scram: keys } = credential
      if (isProofOf(keys ?? this.#decoy, proof) && keys !== undefined)
        found ??= { credential, keys }
    }
    return found === undefined
      ? undefined
      : {
          ...found,
          serverSignature: serverSignatureOf(found.keys, proof.authMessage),
        }
  }
}
