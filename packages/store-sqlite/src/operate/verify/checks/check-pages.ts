import type { Sql } from '../../../sql.ts'
import { type EmailKey, type Finding, isSqliteError, wrong } from '../finding.ts'
import type { Scope } from './scope.ts'

const maxMessages = 100
const maxShown = 3
const maxNamed = 20

/** SQLite's own check of its file; for a damaged table, also the emails that cannot be read because of it. */
export function* checkPages(scope: Scope): Generator<Finding> {
  const { sql } = scope
  const messages = integrity(sql, `PRAGMA integrity_check(${maxMessages})`)
  if (messages.length === 0) return
  const tables = tableNames(sql)
  let isBlamed = false
  for (const [at, table] of tables.entries()) {
    const own = integrity(sql, `PRAGMA integrity_check(${JSON.stringify(table)})`)
    if (own.length > 0) {
      isBlamed = true
      yield* damage(scope, table, own)
    }
    yield { kind: 'progress', done: at + 1, total: tables.length }
  }
  if (!isBlamed) yield wrong('store.pages', { expected: 'ok', found: shown(messages) })
}

function* damage(scope: Scope, table: string, messages: readonly string[]): Generator<Finding> {
  const probe = probes[table]
  const lost: EmailKey[] = []
  let count = 0
  if (probe !== undefined)
    for (const key of emailKeys(scope, table)) {
      if (isReadable(scope.sql, probe, key)) continue
      count += 1
      if (lost.length < maxNamed) lost.push(key)
      yield { kind: 'progress', done: 0, total: 0 }
    }
  yield wrong('store.pages', {
    table,
    expected: 'ok',
    found: shown(messages),
    ...(count === 0 ? {} : { emails: lost, emailCount: count }),
  })
}

/** Reads what a table holds of one email, and no more than that. Content is read by a check of its own. */
const probes: Readonly<Record<string, string>> = {
  email: 'SELECT * FROM email WHERE account_id = ? AND id = ?',
  membership:
    'SELECT * FROM membership INDEXED BY membership_email WHERE account_id = ? AND email_id = ?',
  blob: `SELECT b.* FROM email e JOIN blob b ON b.id = e.blob_id WHERE e.account_id = ? AND e.id = ?`,
  blob_index: `SELECT i.* FROM email e JOIN blob_index i ON i.blob_id = e.blob_id WHERE e.account_id = ? AND e.id = ?`,
  blob_text: `SELECT x.* FROM email e JOIN blob_text x ON x.blob_id = e.blob_id WHERE e.account_id = ? AND e.id = ?`,
  account_blob: `SELECT a.* FROM email e JOIN account_blob a ON a.account_id = e.account_id AND a.blob_id = e.blob_id
    WHERE e.account_id = ? AND e.id = ?`,
  thread: `SELECT t.* FROM email e JOIN thread t ON t.account_id = e.account_id AND t.id = e.thread_id
    WHERE e.account_id = ? AND e.id = ?`,
}

function isReadable(sql: Sql, probe: string, { account, email }: EmailKey): boolean {
  try {
    return sql.all(probe, account, email).length > 0
  } catch (error) {
    if (isSqliteError(error)) return false
    throw error
  }
}

/** Of all emails, from an index that the damage is not in; as far as it can be read. */
function* emailKeys({ sql, accounts }: Scope, table: string): Generator<EmailKey> {
  const text =
    table === 'email'
      ? 'SELECT DISTINCT email_id AS email FROM membership INDEXED BY membership_email WHERE account_id = ? ORDER BY email_id'
      : 'SELECT id AS email FROM email INDEXED BY email_changed WHERE account_id = ? ORDER BY mod_seq'
  for (const account of accounts)
    try {
      for (const row of sql.db.prepare(text).iterate(account))
        yield { account, email: Number(row['email']) }
    } catch (error) {
      if (!isSqliteError(error)) throw error
    }
}

function tableNames(sql: Sql): string[] {
  try {
    return sql
      .all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .map(({ name }) => name)
  } catch (error) {
    if (isSqliteError(error)) return []
    throw error
  }
}

/** Empty when all is well. */
function integrity(sql: Sql, pragma: string): string[] {
  try {
    const messages = sql
      .all<{ integrity_check: string }>(pragma)
      .map(({ integrity_check: message }) => message)
    return messages.length === 1 && messages[0] === 'ok' ? [] : messages
  } catch (error) {
    if (isSqliteError(error)) return [error.message]
    throw error
  }
}

function shown(messages: readonly string[]): string {
  const more = messages.length > maxShown ? [`and ${messages.length - maxShown} more`] : []
  return [...messages.slice(0, maxShown), ...more].join('; ').replaceAll(/\s*\n\s*/g, ' ')
}
