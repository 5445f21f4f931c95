import type {
  Clock,
  Credential,
  LoginProtocol,
  LoginRecord,
  ScramParameters,
  TurnSource,
} from '@gatepost/core'

import { defaultPasswordCost, type PasswordCost } from '../password/password-hash.ts'
import { FormerKeys } from '../scram/former-keys.ts'
import { MissingKeys } from '../scram/missing-keys.ts'
import { ScramCheck } from '../scram/scram-check.ts'
import { AppPasswordTokens } from '../token/app-password-tokens.ts'
import type { TokenGrant, TokenVerifier } from '../token/token-verifier.ts'
import { accessBy } from './access-by.ts'
import type { AuthenticationResult, NotAuthenticated } from './authentication-result.ts'
import type { Evidence } from './evidence.ts'
import type { LoginDirectory } from './login-directory.ts'
import { LoginNames } from './login-names.ts'
import { PasswordCheck } from './password-check.ts'

export interface AuthenticatorOptions {
  readonly directory: LoginDirectory
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
  readonly fingerprint?: (secret: string) => string | undefined
  /** Default: app passwords. */
  readonly tokens?: TokenVerifier
  /** Left out: no SCRAM. For the salts of users that are not there: the same over restarts. */
  readonly scramSaltKey?: Uint8Array | undefined
}

/** Where an attempt comes from, and what it is to get into. */
export interface AttemptPlace {
  readonly protocol: LoginProtocol
  readonly source: TurnSource
}

/** Evidence with the name of the account that is meant, or what the client wrote where that is nobody's. */
export type IdentifiedEvidence = Evidence & {
  /** Whose token it is, where it had to be asked for the name. */
  readonly grant?: TokenGrant | undefined
}

/** `lastUsedAt` is to the hour. */
const noteEveryMs = 3_600_000

/** Evidence in, access out. */
export class Authenticator {
  readonly #directory: LoginDirectory
  readonly #clock: Clock
  readonly #fingerprint: (secret: string) => string | undefined
  readonly #names: LoginNames
  readonly #passwords: PasswordCheck
  readonly #scram: ScramCheck | undefined
  readonly #missingKeys: MissingKeys | undefined
  readonly #formerKeys = new FormerKeys()
  readonly #tokens: TokenVerifier

  constructor(options: AuthenticatorOptions) {
    const { directory, clock, scramSaltKey } = options
    this.#directory = directory
    this.#clock = clock
    this.#fingerprint = options.fingerprint ?? (() => undefined)
    this.#names = new LoginNames(directory)
    this.#passwords = new PasswordCheck({
      cost: defaultPasswordCost,
      maxConcurrent: 2,
      maxWaiting: 256,
      maxWaitingPerKey: 16,
      rememberMs: 300_000,
      ...options,
    })
    this.#scram = scramSaltKey === undefined ? undefined : new ScramCheck(scramSaltKey)
    this.#missingKeys = this.#scram && new MissingKeys(directory)
    this.#tokens = options.tokens ?? new AppPasswordTokens(directory)
  }

  nameOf(login: string): Promise<string> {
    return this.#names.nameOf(login)
  }

  async identify(evidence: Evidence): Promise<IdentifiedEvidence> {
    if (evidence.kind !== 'token' || evidence.user !== '')
      return { ...evidence, user: await this.nameOf(evidence.user) }
    const grant = await this.#tokens.verify(evidence.token)
    return { ...evidence, user: grant?.access.principal.name ?? '', grant }
  }

  /** Whether it is known to be right without a check that anybody could guess with: who repeats what was right guesses nothing. */
  async isKnownRight(evidence: IdentifiedEvidence): Promise<boolean> {
    if (evidence.kind === 'scram') return false
    if (evidence.kind === 'token') return (await this.#grantOf(evidence)) !== undefined
    const record = await this.#directory.login(evidence.user)
    return this.#passwords.known(evidence, record) !== undefined
  }

  /** How many of this network wait for a check. */
  waitingOf(key: string): number {
    return this.#passwords.waitingOf(key)
  }

  /** Whether a client may be told of SCRAM: whoever takes it must not be locked out since its account has no keys. */
  async hasScramKeys(): Promise<boolean> {
    if (this.#scram === undefined) return false
    // A directory that does not answer now is no reason to greet nobody.
    return (await this.#directory.withoutScramKeys().catch(() => 1)) === 0
  }

  /** Of a user that is not there as well. @throws Error when there is no SCRAM */
  async scramParameters(name: string): Promise<ScramParameters> {
    if (this.#scram === undefined) throw new Error('no SCRAM here')
    return this.#scram.parametersOf(name, await this.#directory.login(name))
  }

  async authenticate(
    evidence: IdentifiedEvidence,
    place: AttemptPlace,
  ): Promise<AuthenticationResult> {
    switch (evidence.kind) {
      case 'password':
        return this.#byPassword(evidence, place)
      case 'scram':
        return this.#byScram(evidence, place)
      case 'token':
        return this.#byToken(evidence, place)
    }
  }

  async #byPassword(
    evidence: Extract<Evidence, { kind: 'password' }>,
    { protocol, source }: AttemptPlace,
  ): Promise<AuthenticationResult> {
    const { user, password } = evidence
    const record = await this.#directory.login(user)
    const credential = await this.#passwords.find(evidence, record, source)
    if (credential === 'busy') return { kind: 'busy' }
    if (credential === undefined || record === undefined)
      return this.#refused(await this.#whyNot(user, record), password)
    if (!credential.protocols.has(protocol)) return this.#refused('wrong_protocol', password)
    this.#missingKeys?.noteLogin(password, credential, record.access.principal)
    this.#noteUse(credential)
    const access = accessBy(record, credential)
    return { kind: 'authenticated', access, stamp: credential.stamp }
  }

  async #byScram(
    evidence: Extract<Evidence, { kind: 'scram' }>,
    { protocol }: AttemptPlace,
  ): Promise<AuthenticationResult> {
    const { user } = evidence
    const record = await this.#directory.login(user)
    const found = this.#scram?.find(evidence, record)
    if (found === undefined || record === undefined) {
      const former = record && this.#formerKeys.find(record.access.principal.id, evidence)
      // No two proofs are the same, even of one password: unless it is known, each counts as a guess of its own.
      const secret = former ?? evidence.proof.toString('base64')
      return this.#refused(await this.#whyNot(user, record), secret)
    }
    const { credential, keys, serverSignature } = found
    if (!credential.protocols.has(protocol)) return this.#refused('wrong_protocol', keys.storedKey)
    this.#formerKeys.add(record.access.principal.id, keys)
    this.#noteUse(credential)
    return {
      kind: 'authenticated',
      access: accessBy(record, credential),
      stamp: credential.stamp,
      serverSignature,
    }
  }

  async #byToken(
    evidence: Extract<IdentifiedEvidence, { kind: 'token' }>,
    { protocol }: AttemptPlace,
  ): Promise<AuthenticationResult> {
    const { user, token } = evidence
    const grant = await this.#grantOf(evidence)
    if (grant === undefined) {
      const record = user === '' ? undefined : await this.#directory.login(user)
      return this.#refused(await this.#whyNot(user, record), token)
    }
    const { access, stamp, protocols, credential } = grant
    if (!protocols.has(protocol)) return this.#refused('wrong_protocol', token)
    if (credential !== undefined) {
      this.#missingKeys?.noteLogin(token, credential, access.principal)
      this.#noteUse(credential)
    }
    return { kind: 'authenticated', access, stamp }
  }

  /** Undefined as well when it is another one's than the client says. */
  async #grantOf(
    evidence: Extract<IdentifiedEvidence, { kind: 'token' }>,
  ): Promise<TokenGrant | undefined> {
    if ('grant' in evidence) return evidence.grant
    const grant = await this.#tokens.verify(evidence.token)
    return grant?.access.principal.name === evidence.user ? grant : undefined
  }

  /** Asked for everybody, so that the time of a refusal tells nobody who is here. */
  async #whyNot(
    user: string,
    record: LoginRecord | undefined,
  ): Promise<NotAuthenticated['reason']> {
    const whyUnknown = await this.#names.whyUnknown(user)
    return record === undefined ? whyUnknown : 'bad_password'
  }

  #refused(reason: NotAuthenticated['reason'], secret: string): NotAuthenticated {
    return { kind: 'refused', reason, fingerprint: this.#fingerprint(secret) }
  }

  /** Nobody waits for it, and it may fail: the next login notes it. */
  #noteUse({ id, lastUsedAt }: Credential): void {
    const now = this.#clock.now()
    if (lastUsedAt !== undefined && now - lastUsedAt < noteEveryMs) return
    this.#directory.noteUse(id, now).catch(() => undefined)
  }
}
