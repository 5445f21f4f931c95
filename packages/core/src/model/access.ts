import type { MailboxId, PrincipalId } from '../ids.ts'
import type { AccountName } from '../ports/directory.ts'

/** What a principal may do beside its mail. */
export type Role = 'admin'

/** Who logs in. It owns one account, and may have rights on those of others. */
export interface Principal {
  readonly id: PrincipalId
  /** To log in with: a normalised address. */
  readonly name: string
  readonly roles: ReadonlySet<Role>
  readonly createdAt: number
}
export type PrincipalName = Pick<Principal, 'id' | 'name'>

/** RFC 4314 section 2.1, in its order: l, r, s, w, i, p, k, x, t, e, a. */
export type Right =
  | 'lookup'
  | 'read'
  | 'seen'
  | 'write'
  | 'insert'
  | 'post'
  | 'create'
  | 'delete'
  | 'deleteMessages'
  | 'expunge'
  | 'administer'
export type Rights = ReadonlySet<Right>

/** What somebody may do in an account of somebody else. */
export interface AccountAccess {
  readonly account: AccountName
  /** On the account, and so on each of its mailboxes; empty where only mailboxes are shared. */
  readonly rights: Rights
  /** What is added on single mailboxes. */
  readonly mailboxes: ReadonlyMap<MailboxId, Rights>
}

/** Who has logged in, and what is theirs: what a session carries. It is that of the login: a session whose rights are narrowed is ended. */
export interface Access {
  readonly principal: PrincipalName
  readonly roles: ReadonlySet<Role>
  /** Their own: all rights. */
  readonly account: AccountName
  /** At most 256, in which 1,000 grants are at most. */
  readonly shared: readonly AccountAccess[]
}
