import type { AccountId, MailOp, MailReader, MailStore, MailView } from '@gatepost/core'

import { type Around, aroundMethods } from './around-methods.ts'

/** A store with something around each of its round trips: waits, counts, failures. */
export function aroundMail(mail: MailStore, around: Around): MailStore {
  return {
    read: (account, use, view) =>
      mail.read(
        account,
        async (reader) => {
          await around('read', () => Promise.resolve())
          return use(aroundReader(reader, around))
        },
        view,
      ),
    transact: <const Ops extends readonly MailOp[]>(
      account: AccountId,
      ops: Ops,
      view?: MailView,
    ) => around('transact', () => mail.transact(account, ops, view)),
    deliver: (delivery) => around('deliver', () => mail.deliver(delivery)),
    search: (account, query, options) =>
      around('search', () => mail.search(account, query, options)),
    searchMailbox: (account, query, options) =>
      around('searchMailbox', () => mail.searchMailbox(account, query, options)),
  }
}

function aroundReader(reader: MailReader, around: Around): MailReader {
  const { state, mailboxes, memberships, keywords, emails, blobs, records, changes } = reader
  return {
    state,
    mailboxes: aroundMethods('mailboxes', mailboxes, around),
    memberships: aroundMethods('memberships', memberships, around),
    keywords: aroundMethods('keywords', keywords, around),
    emails: aroundMethods('emails', emails, around),
    blobs: aroundMethods('blobs', blobs, around),
    records: aroundMethods('records', records, around),
    changes: aroundMethods('changes', changes, around),
  }
}
