import type { AccountId, MailOp, MailStore } from '@gatepost/core'

/** The store of a process that ends with its n-th transaction: nobody hears its answer, and it is on disk or not. */
export function endingAt(mail: MailStore, n: number, isOnDisk: boolean): MailStore {
  let transactions = 0
  return {
    read: (account, use) => mail.read(account, use),
    deliver: (delivery) => mail.deliver(delivery),
    search: (account, query) => mail.search(account, query),
    searchMailbox: (account, query) => mail.searchMailbox(account, query),
    async transact<const Ops extends readonly MailOp[]>(account: AccountId, ops: Ops) {
      transactions += 1
      if (transactions < n) return await mail.transact(account, ops)
      if (transactions === n && isOnDisk) await mail.transact(account, ops)
      throw new Error('the process has ended')
    },
  }
}
