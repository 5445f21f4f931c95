import type { AccountId } from '../ids.ts'
import type { Access } from '../model/access.ts'
import type { MailOp } from '../model/mail-op.ts'
import type { MailStore, MailView } from '../ports/mail-store.ts'

/** The mail of all accounts as somebody sees it: their own as its owner, that of others as a viewer. */
export function mailAs(mail: MailStore, { principal, account: own }: Access): MailStore {
  const viewOf = (account: AccountId): MailView =>
    account === own.id ? {} : { viewer: principal.id }
  return {
    read: (account, use) => mail.read(account, use, viewOf(account)),
    transact: <const Ops extends readonly MailOp[]>(account: AccountId, ops: Ops) =>
      mail.transact(account, ops, viewOf(account)),
    deliver: (delivery) => mail.deliver(delivery),
    search: (account, query, options) =>
      mail.search(account, query, { ...options, ...viewOf(account) }),
    searchMailbox: (account, query, options) =>
      mail.searchMailbox(account, query, { ...options, ...viewOf(account) }),
  }
}
