import type { Credential, LoginRecord, Principals } from '@gatepost/core'

import { appPasswordAsShown } from '../password/app-password.ts'
import { newScramParameters, scramSecret } from './scram-keys.ts'

/** Makes the keys of credentials from before there were any, at a login that shows the password. One at a time: each is some 50 ms of a thread. */
export class MissingKeys {
  readonly #directory: Pick<Principals, 'addScramKeys'>
  #isMaking = false

  constructor(directory: Pick<Principals, 'addScramKeys'>) {
    this.#directory = directory
  }

  /** Nobody waits for it: what fails is made at another login. */
  noteLogin(password: string, credential: Credential, record: LoginRecord): void {
    if (credential.scram !== undefined || this.#isMaking) return
    this.#isMaking = true
    void this.#make(password, credential, record)
      .catch(() => undefined)
      .finally(() => {
        this.#isMaking = false
      })
  }

  async #make(password: string, { id, kind }: Credential, record: LoginRecord): Promise<void> {
    const text = kind === 'app_password' ? appPasswordAsShown(password) : password
    const secret = await scramSecret(text, record.scram ?? newScramParameters())
    await this.#directory.addScramKeys(record.access.principal.id, id, secret)
  }
}
