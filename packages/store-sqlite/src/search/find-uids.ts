import type { MailboxQuery } from '@gatepost/core'
import { keyOf, mailboxNotFound } from '@gatepost/store-model'

import { ConditionCompiler } from './compile-condition.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'
import type { SearchFound } from './protocol.ts'
import type { SearchClock } from './search-clock.ts'
import { type SearchConnection, textsFor } from './search-connection.ts'
import { laneOf } from './search-lane.ts'
import type { SearchView } from './search-view.ts'

type Row = readonly [uid: number, modSeq: number]

interface MailboxSearch {
  readonly view: SearchView
  readonly query: MailboxQuery
  readonly clock: SearchClock
}

/** UIDs of one mailbox, ascending. @throws MailError notFound `mailbox.notFound`; limit `search.tooComplex` */
export function* findUids(
  connection: SearchConnection,
  search: MailboxSearch,
): Generator<undefined, SearchFound> {
  const { view, query } = search
  const { account } = view
  const mailbox = keyOf('m', query.mailbox)
  checkMailbox(connection, account, mailbox)
  const own = sqlPiece('m.account_id = ? AND m.mailbox_id = ?', account, mailbox)
  const where = new ConditionCompiler(view, true).compile(query.where)
  const rows =
    laneOf(query) === 'list'
      ? inOrder(connection, own, where)
      : inOrder(connection, own, yield* matching(connection, search, { own, where }))
  const uids = Uint32Array.from(rows, ([uid]) => uid)
  const modSeqs =
    query.wantsModSeqs === true ? Float64Array.from(rows, ([, modSeq]) => modSeq) : undefined
  return { kind: 'mailbox', uids, modSeqs }
}

/** Those that match, in one statement; the emails are looked at where the condition does. */
function inOrder(connection: SearchConnection, own: Compiled, which: Compiled): readonly Row[] {
  const needsEmail = /\be\./.test(which.text)
  return [
    ...connection.rows<Row>(
      `SELECT m.uid, m.mod_seq FROM membership m
         ${needsEmail ? 'CROSS JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id' : ''}
         WHERE ${own.text} AND may_go_on(m.uid) AND (${which.text}) ORDER BY m.uid`,
      [...own.params, ...which.params],
    ),
  ]
}

/**
 * Goes through the emails one by one, a few at a time. The condition is a column and not WHERE: a statement comes back after each row, and between two
 * of them another search may have its turn.
 */
function* matching(
  connection: SearchConnection,
  { view, query, clock }: MailboxSearch,
  { own, where }: { readonly own: Compiled; readonly where: Compiled },
): Generator<undefined, Compiled> {
  const narrowed = yield* connection.narrow(query.where, clock)
  const ofAccount = sqlPiece('e.account_id = ?', view.account)
  const conditions = joinPieces(
    narrowed === undefined ? [own, ofAccount] : [own, ofAccount, narrowed],
    ' AND ',
  )
  // CROSS JOIN fixes the order: the few emails first, or else the mailbox.
  const from =
    narrowed === undefined
      ? 'membership m CROSS JOIN email e'
      : 'email e INDEXED BY email_blob CROSS JOIN membership m INDEXED BY membership_email'
  const found: number[] = []
  const rows = connection.rows<readonly [uid: number, isMatch: number | null]>(
    `SELECT m.uid, may_go_on(e.id) AND (${where.text}) FROM ${from} ON e.id = m.email_id ${textsFor(where)} WHERE ${conditions.text}`,
    [...where.params, ...conditions.params],
  )
  for (const [uid, isMatch] of rows) {
    if (isMatch === 1) found.push(uid)
    if (clock.isTurnOver) yield
  }
  return sqlPiece('m.uid IN (SELECT value FROM json_each(?))', JSON.stringify(found))
}

function checkMailbox({ sql }: SearchConnection, account: number, mailbox: number): void {
  const row = sql.get('SELECT 1 FROM mailbox WHERE account_id = ? AND id = ?', account, mailbox)
  if (row === undefined) throw mailboxNotFound()
}
