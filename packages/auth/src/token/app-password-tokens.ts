import type { Principals } from '@gatepost/core'

import { accessBy } from '../login/access-by.ts'
import { appPasswordHash } from '../password/app-password.ts'
import type { TokenGrant, TokenVerifier } from './token-verifier.ts'

/** App passwords as bearer tokens. */
export class AppPasswordTokens implements TokenVerifier {
  readonly #directory: Pick<Principals, 'loginOfToken'>

  constructor(directory: Pick<Principals, 'loginOfToken'>) {
    this.#directory = directory
  }

  async verify(token: string): Promise<TokenGrant | undefined> {
    const hash = appPasswordHash(token)
    const login = hash === undefined ? undefined : await this.#directory.loginOfToken(hash)
    if (login === undefined) return undefined
    const { record, credential } = login
    const { stamp, protocols } = credential
    return { access: accessBy(record, credential), stamp, protocols, credential }
  }
}
