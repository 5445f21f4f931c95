import type { EmailQuery } from '@gatepost/core'

import { ConditionCompiler } from './compile-condition.ts'
import { compileSort, isNewestFirst } from './compile-sort.ts'
import { type Compiled, joinPieces, sqlPiece } from './compiled.ts'
import { mailboxOfQuery } from './mailbox-of-query.ts'
import type { SearchFound } from './protocol.ts'
import { ResultWindow } from './result-window.ts'
import type { SearchClock } from './search-clock.ts'
import { type SearchConnection, textsFor } from './search-connection.ts'
import { laneOf } from './search-lane.ts'
import type { SearchView } from './search-view.ts'

interface WindowSearch {
  readonly view: SearchView
  readonly query: EmailQuery
  readonly clock: SearchClock
}

/** Where the emails come from, what is asked of them, and their order. */
interface Plan {
  readonly from: string
  readonly own: Compiled
  readonly where: Compiled
  readonly order: Compiled
}

/**
 * A window into the emails of an account. In the order of arrival they come from an index, in order, and no more of them than the window needs;
 * in another order all that match are sorted first.
 * @throws MailError notFound `search.anchorNotFound`; limit `search.tooComplex`
 */
export function* findWindow(
  connection: SearchConnection,
  search: WindowSearch,
): Generator<undefined, SearchFound> {
  const { view, query } = search
  const wantsTotal = query.wantsTotal === true
  const counted = wantsTotal ? countedTotal(connection, search) : undefined
  const window = new ResultWindow({
    window: query.window,
    collapseThreads: query.collapseThreads === true,
    counts: wantsTotal && counted === undefined,
  })
  yield* fill(connection, search, window)
  const { ids, position, hasMore, count } = window.finish()
  const total = wantsTotal ? (counted ?? count) : undefined
  return { kind: 'window', ids, position, hasMore, total, state: view.state }
}

function* fill(
  connection: SearchConnection,
  search: WindowSearch,
  window: ResultWindow,
): Generator<undefined, void> {
  const { query, clock } = search
  const plan = planOf(search)
  if (laneOf(query) === 'list') {
    takeInOrder(connection, plan, window)
    return
  }
  const narrowed = yield* connection.narrow(query.where, clock)
  if (narrowed === undefined && isNewestFirst(query.sort))
    yield* takeMatching(connection, search, { plan, window })
  else {
    const found = yield* matching(connection, search, { plan, narrowed })
    const own = sqlPiece('e.account_id = ?', search.view.account)
    // The keys lead to them, not the order.
    const order = compileSort(query.sort, search.view, '+e.')
    takeInOrder(connection, { from: 'email e', own, where: found, order }, window)
  }
}

function planOf({ view, query }: WindowSearch): Plan {
  const inMailbox = mailboxOfQuery(query.where)
  const isInOrder = isNewestFirst(query.sort)
  const { account } = view
  const compiler = new ConditionCompiler(view, false)
  if (inMailbox === undefined) {
    const own = sqlPiece('e.account_id = ?', account)
    const where = compiler.compile(query.where)
    const from = isInOrder ? 'email e INDEXED BY email_received' : 'email e'
    return { from, own, where, order: compileSort(query.sort, view) }
  }
  return {
    from: 'membership m INDEXED BY membership_received CROSS JOIN email e ON e.account_id = m.account_id AND e.id = m.email_id',
    own: sqlPiece('m.account_id = ? AND m.mailbox_id = ?', account, inMailbox.mailbox),
    where: compiler.compile({ kind: 'and', of: inMailbox.rest }),
    order: isInOrder
      ? sqlPiece('m.received_at DESC, m.email_id DESC')
      : compileSort(query.sort, view),
  }
}

type Row = readonly [email: number, thread: number]

/** Those that match, in one statement. */
function takeInOrder(
  connection: SearchConnection,
  { from, own, where, order }: Plan,
  window: ResultWindow,
): void {
  const rows = connection.rows<Row>(
    `SELECT e.id, e.thread_id FROM ${from} ${textsFor(where, order)}
       WHERE ${own.text} AND may_go_on(e.id) AND (${where.text}) ORDER BY ${order.text} LIMIT ?`,
    [...own.params, ...where.params, ...order.params, window.mostNeeded ?? -1],
  )
  for (const [email, thread] of rows) {
    window.add(email, thread)
    if (window.isComplete) return
  }
}

type Looked = readonly [email: number, thread: number, isMatch: number | null]

/**
 * Goes through the emails one by one. The condition is a column and not WHERE: a statement comes back after each row, and between two of them another
 * search may have its turn.
 */
function look(connection: SearchConnection, { from, own, where, order }: Plan): Iterable<Looked> {
  return connection.rows<Looked>(
    `SELECT e.id, e.thread_id, may_go_on(e.id) AND (${where.text}) FROM ${from} ${textsFor(where)}
       WHERE ${own.text} ORDER BY ${order.text}`,
    [...where.params, ...own.params, ...order.params],
  )
}

/** In the order of the index. */
function* takeMatching(
  connection: SearchConnection,
  { clock }: WindowSearch,
  { plan, window }: { readonly plan: Plan; readonly window: ResultWindow },
): Generator<undefined, void> {
  for (const [email, thread, isMatch] of look(connection, plan)) {
    if (isMatch === 1) window.add(email, thread)
    if (window.isComplete) return
    if (clock.isTurnOver) yield
  }
}

/** In no order. */
function* matching(
  connection: SearchConnection,
  { view, query, clock }: WindowSearch,
  { plan, narrowed }: { readonly plan: Plan; readonly narrowed: Compiled | undefined },
): Generator<undefined, Compiled> {
  const own = sqlPiece('e.account_id = ?', view.account)
  const looked =
    narrowed === undefined
      ? { ...plan, order: sqlPiece('NULL') }
      : {
          from: 'email e INDEXED BY email_blob',
          own: joinPieces([own, narrowed], ' AND '),
          where: new ConditionCompiler(view, false).compile(query.where),
          order: sqlPiece('NULL'),
        }
  const found: number[] = []
  for (const [email, , isMatch] of look(connection, looked)) {
    if (isMatch === 1) found.push(email)
    if (clock.isTurnOver) yield
  }
  return sqlPiece('e.id IN (SELECT value FROM json_each(?))', JSON.stringify(found))
}

/** What a counter tells: all of the account, or of a mailbox. Undefined: there is none for it. */
function countedTotal(
  { sql }: SearchConnection,
  { view: { account }, query }: WindowSearch,
): number | undefined {
  const isByThread = query.collapseThreads === true
  if (query.where.kind === 'all' && !isByThread)
    return sql.get<{ used_emails: number }>('SELECT used_emails FROM account WHERE id = ?', account)
      ?.used_emails
  const inMailbox = mailboxOfQuery(query.where)
  if (inMailbox === undefined || inMailbox.rest.length > 0) return undefined
  const row = sql.get<{ total_emails: number; total_threads: number }>(
    'SELECT total_emails, total_threads FROM mailbox WHERE account_id = ? AND id = ?',
    account,
    inMailbox.mailbox,
  )
  return (isByThread ? row?.total_threads : row?.total_emails) ?? 0
}
