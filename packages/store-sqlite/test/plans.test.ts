import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterAll, expect, it } from 'vitest'

import { accountColumns } from '../src/directory/account-row.ts'
import { mailboxColumns } from '../src/mailbox-row.ts'
import { messageColumns, recipientColumns } from '../src/queue/queue-rows.ts'
import { membershipRow } from '../src/read/membership-reader.ts'
import { migrate } from '../src/schema/migrate.ts'
import { emailColumns } from '../src/writer/emails.ts'

const sources = join(import.meta.dirname, '../src')
/** Verify, backup and restore look at everything; searches have a thread, a clock and turns of their own; the schema makes the tables. */
const apart = /^(?:operate|search|schema)\/|\.test\.ts$/

const columns = {
  membershipRow,
  mailboxColumns,
  accountColumns,
  messageColumns,
  recipientColumns,
  emailColumns,
}
const tables: Readonly<Record<string, readonly string[]>> = {
  'read/changes-reader.ts': ['mailbox', 'email', 'thread'],
}

/** What looks at all rows of an account or of the server, and why it may. */
const allowed: readonly (readonly [file: string, of: RegExp, reason: string])[] = [
  ['directory/sqlite-directory.ts', / ORDER BY /, 'the lists of the administrator'],
  ['directory/add-missing-domains.ts', /./, 'the list of the configuration, at the start'],
  ['directory/principal-reader.ts', /a\.address = \?/, 'the list of the administrator'],
  ['directory/principal-reader.ts', /DISTINCT principal_id/, 'up to a thousand; kept in memory'],
  ['writer/domain-jobs.ts', /count\(\*\)/, 'domains are bounded, and the administrator adds them'],
  ['writer/domain-jobs.ts', /substr/, 'the administrator deletes a domain'],
  ['writer/directory-jobs.ts', /account_id = \?$/, 'an account that is deleted'],
  ['writer/queue-jobs.ts', /is_leased = 0/, 'the administrator tries all of the queue again'],
  ['writer/slices/purge-account.ts', /./, 'an account that is deleted, a few rows at a time'],
  ['writer/slices/purge-viewers.ts', /deleted_viewer$/, 'viewers whose access has ended'],
  ['writer/slices/sweep.ts', /^WITH gone/, 'hourly; as many tombstones as the policy allows'],
  ['writer/slices/sweep.ts', /expires_at/, 'hourly; uploads, a few at a time'],
]
/** Rows of one account in these are bounded. */
const small = /^SEARCH (?:mailbox|keyword|access|viewer) /
/** An index that has the leases alone, of which there are few. */
const leases = /INDEX queue_recipient_leased$/

const db = new DatabaseSync(':memory:')
migrate(db)
afterAll(() => db.close())

interface Statement {
  readonly file: string
  readonly text: string
}

/** Every statement that stands in the sources as one string. */
function statements(): Statement[] {
  const literal =
    /'((?:SELECT|INSERT|UPDATE|DELETE|WITH)\b[^']*)'|`((?:SELECT|INSERT|UPDATE|DELETE|WITH)\b[^`]*)`/g
  return globSync('**/*.ts', { cwd: sources })
    .filter((file) => !apart.test(file))
    .flatMap((file) =>
      [...readFileSync(join(sources, file), 'utf8').matchAll(literal)].flatMap((match) =>
        filledIn(file, match[1] ?? match[2] ?? '').map((text) => ({ file, text })),
      ),
    )
}

function filledIn(file: string, text: string): string[] {
  let filled = text
  for (const [name, value] of Object.entries(columns))
    filled = filled.replaceAll(`\${${name}}`, value)
  if (!filled.includes('${table}')) return [filled]
  return (tables[file] ?? []).map((table) => filled.replaceAll('${table}', table))
}

/** Steps of the plan that go over all rows of a table, or all of an account. */
function scansOf(text: string): string[] {
  // In the order of the table, up to a limit.
  if (/^SELECT (?!.*\bWHERE\b).* LIMIT \?$/s.test(text)) return []
  return planOf(text)
    .map(({ detail }) => detail)
    .filter(
      (detail) =>
        (/^SCAN (?!json_each|CONSTANT|\(|below)/.test(detail) && !leases.test(detail)) ||
        (detail.endsWith('(account_id=?)') && !small.test(detail)),
    )
}

function planOf(text: string): { detail: string }[] {
  try {
    return db.prepare(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[]
  } catch (error) {
    throw new Error(`not explained: ${text}`, { cause: error })
  }
}

it('no statement goes over a whole table or a whole account', () => {
  const all = statements()
  expect(all.length).toBeGreaterThan(120)
  const found = all.flatMap(({ file, text }) => {
    const isAllowed = allowed.some(([where, of]) => where === file && of.test(text))
    const scans = isAllowed ? [] : scansOf(text)
    return scans.length === 0 ? [] : [{ file, text, scans }]
  })
  expect(found).toEqual([])
})
