import { createHmac, randomBytes } from 'node:crypto'

import {
  FairTurns,
  parseAddress,
  type Access,
  type Clock,
  type Directory,
  type TurnSource,
} from '@gatepost/core'

import {
  defaultPasswordCost,
  hashPassword,
  isPasswordOf,
  type PasswordCost,
} from '../password/password-hash.ts'

export type AuthenticationResult =
  | {
      readonly kind: 'authenticated'
      readonly access: Access
      /** Of what the login was made with. */
      readonly stamp: string
    }
  | {
      readonly kind: 'refused'
      readonly reason: 'bad_password' | 'unknown_user' | 'incomplete_user'
      /** Of the password that was tried; undefined when none are made. */
      readonly fingerprint?: string | undefined
    }
  /** Too many checks are waiting: try again later (SMTP 454 4.7.0, IMAP [UNAVAILABLE], HTTP 503). */
  | { readonly kind: 'busy' }

export interface AuthenticatorOptions {
  readonly directory: Pick<Directory, 'login' | 'namesWithLocalPart'>
  readonly clock: Clock
  readonly cost?: PasswordCost
  /** Password checks at once, each holding the memory of its cost. */
  readonly maxConcurrent?: number
  readonly maxWaiting?: number
  /** Of one network. */
  readonly maxWaitingPerKey?: number
  /** How long a success is remembered, for HTTP where every request carries the password. */
  readonly rememberMs?: number
  /** For the log of failures: tells passwords apart without telling them. */
  readonly fingerprint?: (password: string) => string | undefined
}

const maxPasswordBytes = 1024
const maxRemembered = 10_000

interface Password {
  readonly access: Access
  readonly passwordHash: string
  readonly stamp: string
}

interface Remembered {
  readonly passwordHash: string
  readonly until: number
}

/** Checks a login and a password. An unknown user costs what a known one costs: the check runs against a hash of nobody's password. */
export class Authenticator {
  readonly #options: Required<AuthenticatorOptions>
  readonly #decoyHash: Promise<string>
  /** Keyed by a MAC over login and password under a key that lives as long as the process: no password is kept. */
  readonly #remembered = new Map<string, Remembered>()
  readonly #macKey = randomBytes(32)
  readonly #turns: FairTurns

  constructor(options: AuthenticatorOptions) {
    this.#options = {
      cost: defaultPasswordCost,
      maxConcurrent: 2,
      maxWaiting: 256,
      maxWaitingPerKey: 16,
      rememberMs: 300_000,
      fingerprint: () => undefined,
      ...options,
    }
    this.#turns = new FairTurns(this.#options)
    this.#decoyHash = hashPassword(randomBytes(16).toString('hex'), this.#options.cost)
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
    const names = local === undefined ? [] : await this.#options.directory.namesWithLocalPart(local)
    return (names.length === 1 ? names[0] : undefined) ?? login
  }

  /** Whether this login has lately been right: it costs no check, and nobody guesses who repeats it. */
  async remembers(login: string, password: string): Promise<boolean> {
    const credential = await this.#password(login)
    return (
      credential !== undefined &&
      this.#isRemembered(this.#memoryKey(login, password), credential.passwordHash)
    )
  }

  /** How many of this network wait for a check. */
  waitingOf(key: string): number {
    return this.#turns.waitingOf(key)
  }

  async authenticate(
    login: string,
    password: string,
    source: TurnSource,
  ): Promise<AuthenticationResult> {
    const credential = await this.#password(login)
    const memory = this.#memoryKey(login, password)
    if (credential !== undefined && this.#isRemembered(memory, credential.passwordHash))
      return authenticated(credential)
    if (!(await this.#turns.enter(source))) return { kind: 'busy' }
    try {
      const hash = credential?.passwordHash ?? (await this.#decoyHash)
      const isTooLong = Buffer.byteLength(password) > maxPasswordBytes
      // Asked for everybody and beside the check, so that the time of an answer tells nobody who is here.
      const [isRight, whyUnknown] = await Promise.all([
        isPasswordOf(hash, isTooLong ? '' : password),
        this.#whyUnknown(login),
      ])
      if (credential === undefined || !isRight || isTooLong) {
        const reason = credential === undefined ? whyUnknown : 'bad_password'
        return { kind: 'refused', reason, fingerprint: this.#options.fingerprint(password) }
      }
      this.#remember(memory, credential.passwordHash)
      return authenticated(credential)
    } finally {
      this.#turns.leave()
    }
  }

  async #password(login: string): Promise<Password | undefined> {
    const record = await this.#options.directory.login(await this.nameOf(login))
    const credential = record?.credentials.find(({ kind }) => kind === 'password')
    return record === undefined || credential === undefined
      ? undefined
      : { access: record.access, passwordHash: credential.hash, stamp: credential.stamp }
  }

  /** Somebody's local part with another domain, or of several accounts: a mail program that guesses the name of its user. */
  async #whyUnknown(login: string): Promise<'unknown_user' | 'incomplete_user'> {
    const local = parseAddress(login.includes('@') ? login : `${login}@localhost`)?.base
    const near = local === undefined ? [] : await this.#options.directory.namesWithLocalPart(local)
    return near.length > 0 ? 'incomplete_user' : 'unknown_user'
  }

  #memoryKey(login: string, password: string): string {
    return createHmac('sha256', this.#macKey).update(`${login}\0${password}`).digest('base64')
  }

  /** A changed password has another hash: what was remembered no longer counts. */
  #isRemembered(key: string, passwordHash: string): boolean {
    const entry = this.#remembered.get(key)
    return (
      entry !== undefined &&
      entry.passwordHash === passwordHash &&
      entry.until > this.#options.clock.monotonic()
    )
  }

  #remember(key: string, passwordHash: string): void {
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.set(key, {
      passwordHash,
      until: this.#options.clock.monotonic() + this.#options.rememberMs,
    })
  }
}

function authenticated({ access, stamp }: Password): AuthenticationResult {
  return { kind: 'authenticated', access, stamp }
}
