import { MailError } from '@gatepost/core'
import pg from 'pg'

import { version1 } from './version-1.ts'
import { version2 } from './version-2.ts'
import { version3 } from './version-3.ts'

/** Forward only; the place in the list is the version. A published one is never changed. */
const published: readonly string[] = [version1, version2, version3]

/** Held while a process migrates: any number that nothing else in the database takes. */
const migrationLock = 4_711_002_101

/**
 * Brings the schema to this code's version, in one transaction; safe when several processes open the database at once.
 * @throws MailError failed `store.newerSchema`
 */
export async function migrate(connection: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock])
    await client.query('CREATE TABLE IF NOT EXISTS schema_version (version bigint NOT NULL)')
    const { rows } = await client.query<{ version: string | null }>(
      'SELECT max(version) AS version FROM schema_version',
    )
    const from = Number(rows[0]?.version ?? 0)
    if (from > published.length) throw newerSchema(from)
    for (const [at, step] of published.slice(from).entries()) {
      await client.query(step)
      await client.query('INSERT INTO schema_version (version) VALUES ($1)', [from + at + 1])
    }
    await client.query('COMMIT')
  } finally {
    // Without COMMIT nothing of it has happened.
    await client.end()
  }
}

function newerSchema(version: number): MailError {
  const known = published.length
  return new MailError(
    'failed',
    'store.newerSchema',
    `the database has version ${version} of the schema, this program knows ${known}: start a newer program or restore a backup`,
    { fields: { version, known } },
  )
}
