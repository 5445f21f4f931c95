import type { CredentialId, MailboxId, PrincipalId } from '../ids.ts'
import type { Rights, Role } from '../model/access.ts'
import type { Credential, LoginProtocol, LoginRecord, ScramSecret } from '../model/credential.ts'

/** Whose app password it is, and which. */
export interface TokenLogin {
  readonly record: LoginRecord
  readonly credential: Credential
}

/** Who logs in. Names are those of principals, normalised. */
export interface Principals {
  login(name: string): Promise<LoginRecord | undefined>
  /** By the hash of an app password. */
  loginOfToken(hash: string): Promise<TokenLogin | undefined>
  /** The stamps of the credentials that count now, which tell whether a login still does. Principals that are not there are left out. */
  loginStamps(ids: readonly PrincipalId[]): Promise<ReadonlyMap<PrincipalId, ReadonlySet<string>>>
  /** Names that have this local part, in any domain: two at most, since more say no more than that it is ambiguous. */
  namesWithLocalPart(local: string): Promise<readonly string[]>
  /** How many have a credential without SCRAM keys, and could not log in with it by SCRAM: 1,000 at most, which stands for more. */
  withoutScramKeys(): Promise<number>
  /** That a credential has been used at this time, in milliseconds since 1970: written once an hour. What is not there is left alone. */
  noteUse(credential: CredentialId, at: number): Promise<void>
  /** Keys for a credential that has none. Left out where it has some by now, or where the principal has other parameters. Logins made with it stay good. */
  addScramKeys(principal: PrincipalId, credential: CredentialId, scram: ScramSecret): Promise<void>
}

/** SCRAM keys that were made with other parameters than a principal's are of no use beside its others (`ScramParameters`). */
export interface NewPassword {
  /** As `Credential.hash`. */
  readonly hash: string
  /** Its parameters become the principal's: where it had others, its app passwords lose their keys. */
  readonly scram?: ScramSecret | undefined
}

export interface NewAppPassword {
  /** For people: 1 to 64 characters without control characters. */
  readonly name: string
  /** As `Credential.hash`. */
  readonly hash: string
  /** One at least. */
  readonly protocols: ReadonlySet<LoginProtocol>
  /** Left out when its parameters are not those that the principal has. */
  readonly scram?: ScramSecret | undefined
}

/** What a principal may do in an account that is not its own. */
export interface AccessGrant {
  /** Its address. */
  readonly account: string
  /** Left out: the account, and so each mailbox in it. */
  readonly mailbox?: MailboxId | undefined
  readonly principal: string
  readonly rights: Rights
}

/**
 * A change counts as soon as it has resolved. What is taken away, a credential, a role or a right, ends the sessions that had it (`loginStamps`); what is
 * given counts from the next login.
 * Codes: `account.notFound` (of a principal too), `appPassword.exists`, `appPassword.invalid`, `appPassword.notFound`, `appPassword.tooMany` (32),
 * `access.own`, `access.tooMany`, `mailbox.notFound`.
 */
export interface PrincipalsAdmin {
  setPassword(name: string, password: NewPassword): Promise<void>
  addAppPassword(name: string, password: NewAppPassword): Promise<void>
  deleteAppPassword(name: string, appPassword: string): Promise<void>
  setRoles(name: string, roles: readonly Role[]): Promise<void>
  /** In place of what it was; no rights take it away. A principal has 1,000 at most, in 256 accounts, and an account has 10,000 at most. */
  setAccess(grant: AccessGrant): Promise<void>
  /** To an account of this address: those on all of it first. */
  listAccess(account: string): Promise<readonly AccessGrant[]>
}
