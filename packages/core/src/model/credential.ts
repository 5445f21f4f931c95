import type { CredentialId } from '../ids.ts'
import type { Access } from './access.ts'

/** `http` is everything behind the HTTP listeners. */
export type LoginProtocol = 'smtp' | 'imap' | 'http'

/** What the server tells before it knows which credential is proved (RFC 5802 section 5.1): one salt and count for all of a principal. */
export interface ScramParameters {
  /** Base64. */
  readonly salt: string
  readonly iterations: number
}

/** RFC 5802 section 3, RFC 7677: SHA-256, in base64. */
export interface ScramKeys {
  readonly storedKey: string
  readonly serverKey: string
}

/** Keys, and what they were made with. */
export interface ScramSecret {
  readonly parameters: ScramParameters
  readonly keys: ScramKeys
}

/** What a principal can prove itself with. */
export interface Credential {
  readonly id: CredentialId
  readonly kind: 'password' | 'app_password'
  /** '' for the password. */
  readonly name: string
  /** A PHC string, `$argon2id$v=19$m=...`; of an app password, which is random, `sha256:` and the digest in base64url. */
  readonly hash: string
  /** What a session remembers of it (`Directory.loginStamps`). It tells nothing of the secret. */
  readonly stamp: string
  /** All of them for the password. */
  readonly protocols: ReadonlySet<LoginProtocol>
  readonly scram: ScramKeys | undefined
  readonly createdAt: number
  /** To the hour. */
  readonly lastUsedAt: number | undefined
}

/** What a login is checked against: the password first, then 32 app passwords at most. */
export interface LoginRecord {
  readonly access: Access
  readonly scram: ScramParameters | undefined
  readonly credentials: readonly Credential[]
}
