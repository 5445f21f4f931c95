import type { AccountTx } from './account-tx.ts'
import { hexOf } from './load.ts'
import type { ThreadRow } from './rows.ts'

/**
 * The thread that a message joins, made when none is found. When it links two threads, the older one takes it and both stay:
 * a thread id never changes (RFC 8621 section 4.1.1).
 */
export function joinThread(tx: AccountTx, keys: readonly Uint8Array[]): number {
  const known = keys.map((key) => threadWith(tx, key)).filter((thread) => thread !== undefined)
  const oldest = known.length === 0 ? undefined : Math.min(...known)
  const thread = oldest ?? newThread(tx)
  for (const key of keys) {
    if (threadWith(tx, key) !== undefined) continue
    tx.threadKeys.set(hexOf(key), thread)
    tx.additions.threadKeys.push([key, thread])
  }
  if (oldest !== undefined) addToThread(tx, oldest)
  return thread
}

export function addToThread(tx: AccountTx, id: number): void {
  const row = threadOf(tx, id)
  row.emails += 1
  tx.touchThread(row)
}

/** The last email takes the thread with it. */
export function leaveThread(tx: AccountTx, id: number): void {
  const row = threadOf(tx, id)
  row.emails -= 1
  if (row.emails > 0) {
    tx.touchThread(row)
    return
  }
  tx.removeThread(row)
  tx.additions.threadKeys = tx.additions.threadKeys.filter(([, thread]) => thread !== id)
  tx.bury('thread', id, tx.nextModSeq())
}

/** One that has gone in this transaction has no keys any more. */
function threadWith(tx: AccountTx, key: Uint8Array): number | undefined {
  const id = tx.threadKeys.get(hexOf(key))
  return id === undefined || tx.threads.get(id) === undefined ? undefined : id
}

function threadOf(tx: AccountTx, id: number): ThreadRow {
  const row = tx.threads.get(id)
  if (row === undefined) throw new Error(`account ${tx.id} lacks thread ${id}`)
  return row
}

/** With one email, which the caller adds. */
function newThread(tx: AccountTx): number {
  const id = tx.nextModSeq()
  tx.threads.add({ id, mod_seq: id, emails: 1 })
  return id
}
