import type { AccountId, MailOp, MailReader, MailStore } from '@gatepost/core'

import { type Around, aroundMethods } from './around-methods.ts'

/** A store with something around each of its round trips: waits, counts, failures. */
export function aroundMail(mail: MailStore, around: Around): MailStore {
  return {
    read: (account, use) =>
      mail.read(account, async (reader) => {
        await around('read', () => Promise.resolve())
        return use(aroundReader(reader, around))
      }),
    transact: <const Ops extends readonly MailOp[]>(account: AccountId, ops: Ops) =>
      around('transact', () => mail.transact(account, ops)),
    deliver: (delivery) => around('deliver', () => mail.deliver(delivery)),
    search: (account, query, signal) => around('search', () => mail.search(account, query, signal)),
    searchMailbox: (account, query, signal) =>
      around('searchMailbox', () => mail.searchMailbox(account, query, signal)),
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
