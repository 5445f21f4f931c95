import type { Access } from '@gatepost/core'

export interface Authenticated {
  readonly kind: 'authenticated'
  readonly access: Access
  /** Of what the login was made with. */
  readonly stamp: string
  /** Of SCRAM: shows the client that the server has the keys. Base64. */
  readonly serverSignature?: string | undefined
}

export interface NotAuthenticated {
  readonly kind: 'refused'
  /** `wrong_protocol`: right, but an app password for other protocols. */
  readonly reason: 'bad_password' | 'unknown_user' | 'incomplete_user' | 'wrong_protocol'
  /** Of what was tried; undefined when none are made. */
  readonly fingerprint?: string | undefined
}

export type AuthenticationResult =
  | Authenticated
  | NotAuthenticated
  /** Too many checks are waiting: try again later (SMTP 454 4.7.0, IMAP [UNAVAILABLE], HTTP 503). */
  | { readonly kind: 'busy' }
