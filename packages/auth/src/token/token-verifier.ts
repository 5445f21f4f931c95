import type { Access, Credential, LoginProtocol } from '@gatepost/core'

/** Whom a token lets in, and to what. */
export interface TokenGrant {
  readonly access: Access
  /** As of a credential: the sessions of the login end when it counts no more (`Directory.loginStamps`). */
  readonly stamp: string
  readonly protocols: ReadonlySet<LoginProtocol>
  /** What is kept of it in the directory, if anything. */
  readonly credential?: Credential | undefined
}

/** Whose bearer token is this? The port for who gives out tokens: app passwords are ours, an OpenID provider's would be another. */
export interface TokenVerifier {
  /** Undefined: nobody's, or no longer anybody's. Whoever asks is not logged in yet: what it costs is bounded by the verifier. */
  verify(token: string): Promise<TokenGrant | undefined>
}
