import { parseAddress, type Principals } from '@gatepost/core'

/** Whom a client means, which writes a name as it likes. */
export class LoginNames {
  readonly #directory: Pick<Principals, 'namesWithLocalPart'>

  constructor(directory: Pick<Principals, 'namesWithLocalPart'>) {
    this.#directory = directory
  }

  /**
   * The name that a login means: a local part alone is enough where one account has it, as mail programs try it by themselves. What means nobody is
   * answered as it came.
   */
  async nameOf(login: string): Promise<string> {
    const address = parseAddress(login)?.address
    if (address !== undefined) return address
    if (login.includes('@')) return login
    const local = parseAddress(`${login}@localhost`)?.local
    const names = local === undefined ? [] : await this.#directory.namesWithLocalPart(local)
    return (names.length === 1 ? names[0] : undefined) ?? login
  }

  /** Somebody's local part with another domain, or of several accounts: a mail program that guesses the name of its user. */
  async whyUnknown(login: string): Promise<'unknown_user' | 'incomplete_user'> {
    const local = parseAddress(login.includes('@') ? login : `${login}@localhost`)?.base
    const near = local === undefined ? [] : await this.#directory.namesWithLocalPart(local)
    return near.length > 0 ? 'incomplete_user' : 'unknown_user'
  }
}
