import type { AccountId } from '../ids.ts'
import type { NewPassword, Principals, PrincipalsAdmin } from './principals.ts'

export interface Account {
  readonly id: AccountId
  /** The primary address, normalised: also the name that its principal logs in with. */
  readonly address: string
  readonly createdAt: number
  readonly quota: Quota
  readonly usedBytes: number
  readonly usedEmails: number
}

/** RFC 9208 section 5.1 STORAGE and MESSAGE, RFC 9425 section 3; 0: no limit. */
export interface Quota {
  readonly bytes: number
  readonly emails: number
}

/** A domain whose mail is taken here. */
export interface Domain {
  /** As `normaliseDomain` writes it. */
  readonly name: string
  readonly createdAt: number
}

/** That a server may have: the list is kept in memory. */
export const maxDomains = 10_000

export interface Alias {
  /** Normalised address, or `@domain` for everything in the domain that nothing else takes. */
  readonly address: string
  readonly target: string
}

/** Which account, and nothing that changes while it lives. */
export type AccountName = Pick<Account, 'id' | 'address'>

export type Resolution =
  | { readonly kind: 'local'; readonly accounts: readonly AccountName[] }
  /** In a domain of ours, but nobody's. */
  | { readonly kind: 'unknown' }
  /** In no domain of ours. */
  | { readonly kind: 'foreign' }

/**
 * Who there is. Every method is a round trip; addresses come normalised (see parseAddress), and a set of them or of ids is at most 1,000. What is hot is
 * asked of a `CachedDirectory`.
 * @throws MailError busy `store.busy`
 */
export interface Directory extends Principals {
  /** In either form, of A-labels or of U-labels. */
  isLocalDomain(domain: string): Promise<boolean>
  /** All of them, by name: 10,000 at most. */
  domains(): Promise<readonly Domain[]>
  /** Of each: exact account or alias, then without its +detail, then the catch-all of the domain. */
  resolve(addresses: readonly string[]): Promise<ReadonlyMap<string, Resolution>>
  /** Those that are not there are left out. */
  accounts(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Account>>
  /** The account that was made first, which is the operator's own where he names no other. */
  firstAccount(): Promise<AccountName | undefined>
  /** Every address that resolves to the account by itself: the primary one first, then aliases; no catch-alls. */
  addressesOf(id: AccountId): Promise<readonly string[]>
  /**
   * Those that this account may send with as reverse-path or From: what `resolve` leads to it, with +detail or by its catch-all too. Not what an account or an
   * alias of somebody else takes before, and not `postmaster` or `abuse` (RFC 2142) by the catch-all alone: they speak for the whole domain.
   */
  maySendAs(id: AccountId, addresses: readonly string[]): Promise<ReadonlySet<string>>
}

/** The administrator's side: a change counts as soon as it has resolved. Codes: `account.exists`, `account.notFound`, `alias.exists`, `alias.notFound`, `alias.badTarget`, `domain.exists`, `domain.inUse`, `domain.invalid`, `domain.notFound`, `domain.notLocal`, `domain.tooMany`. */
export interface DirectoryAdmin extends PrincipalsAdmin {
  addDomain(name: string): Promise<void>
  /** Only when no account and no alias is in it. */
  deleteDomain(name: string): Promise<void>
  listAccounts(): Promise<readonly Account[]>
  /** Makes its principal too, and INBOX, Drafts, Sent, Archive, Junk and Trash with their roles. */
  addAccount(address: string, password: NewPassword): Promise<Account>
  /** What is over it already stays; nothing more comes in. */
  setQuota(address: string, quota: Quota): Promise<void>
  /** With its principal and all its mail. */
  deleteAccount(address: string): Promise<void>
  listAliases(): Promise<readonly Alias[]>
  /** The target is the primary address of an account. The same alias may have several targets. */
  addAlias(alias: Alias): Promise<void>
  deleteAlias(address: string): Promise<void>
}
