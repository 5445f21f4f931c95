import { randomBytes } from 'node:crypto'

import {
  FairTurns,
  type Clock,
  type Credential,
  type LoginRecord,
  type TurnSource,
} from '@gatepost/core'

import { appPasswordHash } from '../password/app-password.ts'
import { hashPassword, isPasswordOf, type PasswordCost } from '../password/password-hash.ts'
import { RememberedLogins } from './remembered-logins.ts'

export interface PasswordCheckOptions {
  readonly clock: Clock
  readonly cost: PasswordCost
  readonly maxConcurrent: number
  readonly maxWaiting: number
  readonly maxWaitingPerKey: number
  readonly rememberMs: number
}

export interface ShownPassword {
  readonly user: string
  readonly password: string
}

const maxPasswordBytes = 1024
const nobody = { credentials: [] }

/** Which credential a password is. An unknown user costs what a known one costs: the check runs against a hash of nobody's password. */
export class PasswordCheck {
  readonly #decoyHash: Promise<string>
  readonly #remembered: RememberedLogins
  readonly #turns: FairTurns

  constructor(options: PasswordCheckOptions) {
    this.#turns = new FairTurns(options)
    this.#remembered = new RememberedLogins(options.clock, options.rememberMs)
    this.#decoyHash = hashPassword(randomBytes(16).toString('hex'), options.cost)
  }

  /** How many of this network wait for a check. */
  waitingOf(key: string): number {
    return this.#turns.waitingOf(key)
  }

  /** Which it is known to be without a check: what it has lately been, or an app password, which is too random to be guessed at. */
  known(
    { user, password }: ShownPassword,
    { credentials }: Pick<LoginRecord, 'credentials'> = nobody,
  ): Credential | undefined {
    const hash = appPasswordHash(password)
    return (
      credentials.find((one) => one.kind === 'app_password' && one.hash === hash) ??
      this.#remembered.find(user, password, credentials)
    )
  }

  /** Undefined: none of them. `busy`: too many checks wait. */
  async find(
    shown: ShownPassword,
    record: LoginRecord | undefined,
    source: TurnSource,
  ): Promise<Credential | 'busy' | undefined> {
    const known = this.known(shown, record)
    if (known !== undefined) return known
    if (!(await this.#turns.enter(source))) return 'busy'
    try {
      const found = await this.#check(shown.password, record?.credentials ?? [])
      if (found !== undefined) this.#remembered.add(shown.user, shown.password, found)
      return found
    } finally {
      this.#turns.leave()
    }
  }

  async #check(
    password: string,
    credentials: readonly Credential[],
  ): Promise<Credential | undefined> {
    const own = credentials.find(({ kind }) => kind === 'password')
    const isTooLong = Buffer.byteLength(password) > maxPasswordBytes
    const hash = own?.hash ?? (await this.#decoyHash)
    return (await isPasswordOf(hash, isTooLong ? '' : password)) && !isTooLong ? own : undefined
  }
}
