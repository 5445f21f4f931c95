import type { EmailCondition } from '@gatepost/core'
import { keyOf } from '@gatepost/store-model'

export interface MailboxOfQuery {
  readonly mailbox: number
  /** What is left to be told of its emails. */
  readonly rest: readonly EmailCondition[]
}

/** The one mailbox that all results are in, where a condition says so: its emails are there in order. */
export function mailboxOfQuery(where: EmailCondition): MailboxOfQuery | undefined {
  const all = where.kind === 'and' ? where.of : [where]
  const at = all.findIndex(({ kind }) => kind === 'inMailbox')
  const found = all[at]
  if (found?.kind !== 'inMailbox') return undefined
  return { mailbox: keyOf('m', found.mailbox), rest: all.toSpliced(at, 1) }
}
