import type { AccountId, MailOp, MailReader, MailStore } from '@gatepost/core'

/** Stands around every round trip to a store: `name` is that of the method, `call` makes it. */
export type Around = <T>(name: string, call: () => Promise<T>) => Promise<T>

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
  const { state, mailboxes, memberships, keywords, emails, blobs, changes } = reader
  return {
    state,
    mailboxes: aroundMethods('mailboxes', mailboxes, around),
    memberships: aroundMethods('memberships', memberships, around),
    keywords: aroundMethods('keywords', keywords, around),
    emails: aroundMethods('emails', emails, around),
    blobs: aroundMethods('blobs', blobs, around),
    changes: aroundMethods('changes', changes, around),
  }
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

function aroundMethods<T extends object>(name: string, target: T, around: Around): T {
  return new Proxy(target, {
    get(_, property) {
      const method = Reflect.get(target, property) as Method
      return (...args: unknown[]) =>
        around(`${name}.${String(property)}`, () => method.apply(target, args))
    },
  })
}
