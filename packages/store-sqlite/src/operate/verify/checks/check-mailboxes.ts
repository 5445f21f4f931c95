import { checkMailboxName } from '@gatepost/store-model'

import { mailboxColumns, type MailboxRow } from '../../../mailbox-row.ts'
import type { Sql } from '../../../sql.ts'
import { type Finding, wrong } from '../finding.ts'
import { readable } from '../readable.ts'
import type { Scope } from './scope.ts'

const counters = [
  'total_emails',
  'unread_emails',
  'deleted_emails',
  'total_bytes',
  'total_threads',
  'unread_threads',
] as const
type Counter = (typeof counters)[number]

const names: Readonly<Record<Counter, string>> = {
  total_emails: 'mailbox.totalEmails',
  unread_emails: 'mailbox.unreadEmails',
  deleted_emails: 'mailbox.deletedEmails',
  total_bytes: 'mailbox.totalBytes',
  total_threads: 'mailbox.totalThreads',
  unread_threads: 'mailbox.unreadThreads',
}

/** The tree of mailboxes, and their counters against a recount. */
export function* checkMailboxes({ sql, accounts }: Scope): Generator<Finding> {
  for (const [at, account] of accounts.entries()) {
    const mailboxes = yield* readable('mailbox.tree', [], () =>
      sql.all<MailboxRow>(
        `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = ? ORDER BY id`,
        account,
      ),
    )
    yield* checkTree(account, mailboxes)
    for (const mailbox of mailboxes) yield* checkCounters(sql, account, mailbox)
    yield { kind: 'progress', done: at + 1, total: accounts.length }
  }
}

function* checkTree(account: number, mailboxes: readonly MailboxRow[]): Generator<Finding> {
  const known = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]))
  const roles = new Set<string>()
  for (const mailbox of mailboxes) {
    const row = { account_id: account, mailbox_id: mailbox.id }
    if (mailbox.parent_id !== 0 && !known.has(mailbox.parent_id))
      yield wrong('mailbox.parent', { ...row, expected: 'a mailbox', found: 'none' })
    if (isInLoop(mailbox, known))
      yield wrong('mailbox.parent', { ...row, expected: 'a way to the top', found: 'a loop' })
    if (!isGoodName(mailbox.name))
      yield wrong('mailbox.name', { ...row, expected: 'a usable name', found: mailbox.name })
    const { role } = mailbox
    if (role !== null && roles.has(role))
      yield wrong('mailbox.role', { ...row, expected: 'one mailbox with a role', found: role })
    if (role !== null) roles.add(role)
    if (role === 'inbox' && mailbox.parent_id !== 0)
      yield wrong('mailbox.role', { ...row, expected: 'INBOX at the top', found: 'INBOX below' })
  }
  if (mailboxes.length > 0 && !roles.has('inbox'))
    yield wrong('mailbox.role', { account_id: account, expected: 'an INBOX', found: 'none' })
}

function isInLoop(mailbox: MailboxRow, known: ReadonlyMap<number, MailboxRow>): boolean {
  let above = known.get(mailbox.parent_id)
  for (let steps = 0; above !== undefined; steps += 1) {
    if (steps > known.size) return true
    above = known.get(above.parent_id)
  }
  return false
}

function isGoodName(name: string): boolean {
  try {
    checkMailboxName(name)
    return true
  } catch {
    return false
  }
}

function* checkCounters(sql: Sql, account: number, mailbox: MailboxRow): Generator<Finding> {
  const counted = yield* readable('mailbox.counters', undefined, () =>
    recount(sql, account, mailbox.id),
  )
  if (counted === undefined) return
  for (const counter of counters)
    if (counted[counter] !== mailbox[counter])
      yield wrong(names[counter], {
        account_id: account,
        mailbox_id: mailbox.id,
        expected: counted[counter],
        found: mailbox[counter],
      })
}

function recount(sql: Sql, account: number, mailbox: number): Record<Counter, number> | undefined {
  return sql.get<Record<Counter, number>>(
    `WITH held AS (
       SELECT e.thread_id, e.size, m.is_deleted, instr(e.keywords, ' $seen ') = 0 AS is_unread
       FROM membership m JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id
       WHERE m.account_id = ? AND m.mailbox_id = ?)
     SELECT count(*) AS total_emails, coalesce(sum(is_unread), 0) AS unread_emails, coalesce(sum(is_deleted), 0) AS deleted_emails,
       coalesce(sum(size), 0) AS total_bytes, count(DISTINCT thread_id) AS total_threads,
       count(DISTINCT iif(is_unread, thread_id, NULL)) AS unread_threads FROM held`,
    account,
    mailbox,
  )
}
