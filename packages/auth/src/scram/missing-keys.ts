import type { Credential, PrincipalName, Principals } from '@gatepost/core'

import { appPasswordAsShown } from '../password/app-password.ts'
import { newScramParameters, scramSecret } from './scram-keys.ts'

/** Makes the keys of credentials from before there were any, at a login that shows the secret. One at a time: each is some 20 ms of a thread. */
export class MissingKeys {
  readonly #directory: Pick<Principals, 'addScramKeys' | 'login'>
  #isMaking = false

  constructor(directory: Pick<Principals, 'addScramKeys' | 'login'>) {
    this.#directory = directory
  }

  /** Nobody waits for it: what fails is made at another login. */
  noteLogin(secret: string, credential: Credential, principal: PrincipalName): void {
    if (credential.scram !== undefined || this.#isMaking) return
    this.#isMaking = true
    void this.#make(secret, credential, principal)
      .catch(() => undefined)
      .finally(() => {
        this.#isMaking = false
      })
  }

  async #make(secret: string, { id, kind }: Credential, principal: PrincipalName): Promise<void> {
    const text = kind === 'app_password' ? appPasswordAsShown(secret) : secret
    const own = (await this.#directory.login(principal.name))?.scram
    const keys = await scramSecret(text, own ?? newScramParameters())
    await this.#directory.addScramKeys(principal.id, id, keys)
  }
}
