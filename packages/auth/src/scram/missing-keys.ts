import type { Credential, CredentialId, PrincipalName, Principals } from '@gatepost/core'

import { appPasswordAsShown } from '../password/app-password.ts'
import { newScramParameters, scramSecret } from './scram-keys.ts'

/** Of as many credentials at once keys are made; those of others at their next login. */
const maxWaiting = 100

/** Makes the keys of credentials from before there were any, at a login that shows the secret. One after the other: each is some 20 ms of a thread. */
export class MissingKeys {
  readonly #directory: Pick<Principals, 'addScramKeys' | 'login'>
  readonly #waiting = new Set<CredentialId>()
  #last: Promise<void> = Promise.resolve()

  constructor(directory: Pick<Principals, 'addScramKeys' | 'login'>) {
    this.#directory = directory
  }

  /** Nobody waits for it: what fails is made at another login. */
  noteLogin(secret: string, credential: Credential, principal: PrincipalName): void {
    const { id, scram } = credential
    if (scram !== undefined || this.#waiting.has(id) || this.#waiting.size >= maxWaiting) return
    this.#waiting.add(id)
    this.#last = this.#last
      .then(() => this.#make(secret, credential, principal))
      .catch(() => undefined)
      .finally(() => this.#waiting.delete(id))
  }

  async #make(secret: string, { id, kind }: Credential, principal: PrincipalName): Promise<void> {
    const text = kind === 'app_password' ? appPasswordAsShown(secret) : secret
    const own = (await this.#directory.login(principal.name))?.scram
    const keys = await scramSecret(text, own ?? newScramParameters())
    await this.#directory.addScramKeys(principal.id, id, keys)
  }
}
