import type { AccountId, PrincipalId } from '../ids.ts'
import type { Delivery, DeliveryResult } from '../model/delivery.ts'
import type {
  EmailQuery,
  EmailQueryResult,
  MailboxQuery,
  MailboxQueryResult,
} from '../model/email-query.ts'
import type { MailOp, MailOpResult } from '../model/mail-op.ts'
import type { MailReader } from './mail-reader.ts'

/** Results in the order of the ops. */
export type MailOpResultList<Ops extends readonly MailOp[]> = {
  -readonly [K in keyof Ops]: MailOpResult<Ops[K]>
}

/**
 * Whose `\Seen` and subscriptions are meant. `viewer`: a principal with access to an account that is not its own; left out, the owner. Of a viewer, `keywords`
 * of emails and memberships, and `isSubscribed`, `unreadEmails` and `unreadThreads` of mailboxes are theirs, and so are `$seen` and `isSubscribed` in ops and
 * conditions. All else is the account's. A change of theirs takes a modseq of the account, as any other does.
 */
export interface MailView {
  readonly viewer?: PrincipalId | undefined
}

export interface SearchOptions extends MailView {
  /** Nobody waits for the answer any more, and the search ends. */
  readonly signal?: AbortSignal | undefined
}

/** The mail of all accounts. A `viewer` without access to the account is `account.notFound`. Everything that resolves is on disk; what rejects left no trace, unless said otherwise. */
export interface MailStore {
  /**
   * A consistent snapshot for as long as `use` runs, and for some seconds at most: from then on its methods reject. So `use` waits for nothing but the reader,
   * and keeps nothing of it.
   * @throws MailError notFound `account.notFound`; busy `store.busy` (too many are open), `store.snapshotEnded`
   */
  read<T>(
    account: AccountId,
    use: (reader: MailReader) => Promise<T> | T,
    view?: MailView,
  ): Promise<T>
  /**
   * One transaction: all ops or none. The exception is a list of one op over many emails (updateFlags, copy, move, expunge, createMailbox with `emailsFrom`,
   * destroyMailbox; an expectState may stand before it): it may be several transactions, with those of others between them. Every email is changed or is
   * not; a state after another, the modseqs ascend; emails that come while it runs are not its own. A copy that fails is taken back; the others leave
   * what they have done, and can be asked again (RFC 3501 sections 6.4.3, 6.4.6, 6.4.7; RFC 6851 section 3.3).
   * @throws MailError see MailOp; notFound `account.notFound`; busy `store.busy` (disk full, overloaded)
   */
  transact<const Ops extends readonly MailOp[]>(
    account: AccountId,
    ops: Ops,
    view?: MailView,
  ): Promise<MailOpResultList<Ops>>
  /** @throws MailError busy `store.busy` */
  deliver(delivery: Delivery): Promise<DeliveryResult>
  /**
   * Off the calling thread, the accounts in turn.
   * @throws MailError notFound `account.notFound`, `search.anchorNotFound`; limit `search.tooComplex`, `search.tookTooLong`; busy `store.busy`,
   * `search.tooMany` (of this account are waiting), `search.abandoned`
   */
  search(account: AccountId, query: EmailQuery, options?: SearchOptions): Promise<EmailQueryResult>
  /** As `search`, of one mailbox. @throws MailError as `search`; notFound `mailbox.notFound` */
  searchMailbox(
    account: AccountId,
    query: MailboxQuery,
    options?: SearchOptions,
  ): Promise<MailboxQueryResult>
}
