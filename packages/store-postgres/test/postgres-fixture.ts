import type { Account } from '@gatepost/core'
import { keyOf, accountId, principalId, accountNotFound, unpackChunk } from '@gatepost/store-model'
import {
  openPostgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from '@gatepost/store-postgres'
import { type MailFixture, PostgresServer } from '@gatepost/testkit'
import pg from 'pg'

import { checkStore } from './check-store.ts'

interface Running {
  readonly server: PostgresServer
  readonly admin: pg.Client
}

/** One server for a file of tests, started by the first of them; each has a database of its own. */
export class TestDatabases implements AsyncDisposable {
  #running: Promise<Running> | undefined
  #count = 0

  async make(): Promise<pg.ClientConfig> {
    this.#running ??= start()
    const { server, admin } = await this.#running
    this.#count += 1
    const connection = { host: server.folder, user: 'postgres', database: `test_${this.#count}` }
    await admin.query(`CREATE DATABASE ${connection.database}`)
    return connection
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = await this.#running
    await running?.admin.end()
    await running?.server[Symbol.asyncDispose]()
  }
}

async function start(): Promise<Running> {
  const server = await PostgresServer.start()
  const admin = new pg.Client({ host: server.folder, user: 'postgres', database: 'postgres' })
  await admin.connect()
  return { server, admin }
}

export interface PostgresFixture extends MailFixture {
  readonly store: PostgresStore
  readonly connection: pg.ClientConfig
  /** Beside the store, for what a test does or looks at itself. */
  readonly client: pg.Client
}

export interface FixtureOptions extends Partial<PostgresStoreOptions> {
  /** Whether its rows have to be right in the end. Default true. */
  readonly isChecked?: boolean
}

/** For the contract suites. What they need of a directory and a queue, which the store has not got yet, is here. */
export async function openFixture(
  databases: TestDatabases,
  { isChecked = true, ...options }: FixtureOptions = {},
): Promise<PostgresFixture> {
  await using resources = new AsyncDisposableStack()
  const connection = await databases.make()
  let now = 1_700_000_000_000
  const store = resources.use(
    await openPostgresStore({ connection, clock: { now: () => now }, ...options }),
  )
  const client = new pg.Client(connection)
  await client.connect()
  resources.defer(() => client.end())
  if (isChecked) resources.defer(() => checkStore(client))
  const moved = resources.move()
  return {
    store,
    connection,
    client,
    mail: store.mail,
    directory: directoryOf(store, client),
    sharing: sharingOf(store, client),
    queue: { content: (id) => queuedContent(client, keyOf('q', id)) },
    setNow: (to) => {
      now = to
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

function directoryOf(store: PostgresStore, client: pg.Client): MailFixture['directory'] {
  return {
    addAccount: (address, password) => store.addAccount(address, password),
    accounts: async (ids) => {
      const { rows } = await client.query<Record<string, string>>(
        'SELECT * FROM account WHERE id = ANY($1)',
        [ids.map((id) => keyOf('a', id))],
      )
      return new Map(rows.map(accountOf).map((account) => [account.id, account]))
    },
    setQuota: async (address, { bytes, emails }) => {
      const { rowCount } = await client.query(
        'UPDATE account SET quota_bytes = $2, quota_emails = $3 WHERE address = $1',
        [address, bytes, emails],
      )
      if (rowCount === 0) throw accountNotFound(address)
    },
    deleteAccount: (address) => deleteAccount(client, address),
  }
}

/** Principals have the keys of their accounts. */
function sharingOf(store: PostgresStore, client: pg.Client): MailFixture['sharing'] {
  return {
    share: async (account, viewer) => {
      const principal = principalId(keyOf('a', viewer.id))
      await store.addViewer(account.id, principal)
      return principal
    },
    unshare: async (account, viewer) => {
      const { rows } = await client.query<{ id: string; account_id: string }>(
        'DELETE FROM viewer WHERE account_id = $1 AND principal_id = $2 RETURNING id, account_id',
        [keyOf('a', account.id), keyOf('a', viewer.id)],
      )
      for (const { id, account_id: key } of rows) {
        await client.query('UPDATE account SET viewers = viewers - 1 WHERE id = $1', [key])
        for (const table of ['viewer_seen', 'viewer_mailbox', 'viewer_thread'])
          await client.query(`DELETE FROM ${table} WHERE viewer_id = $1`, [id])
      }
    },
  }
}

function accountOf(row: Record<string, string>): Account {
  return {
    id: accountId(Number(row['id'])),
    address: row['address'] ?? '',
    createdAt: Number(row['created_at']),
    quota: { bytes: Number(row['quota_bytes']), emails: Number(row['quota_emails']) },
    usedBytes: Number(row['used_bytes']),
    usedEmails: Number(row['used_emails']),
  }
}

const tablesOfAccount = [
  'mailbox',
  'email',
  'membership',
  'thread',
  'thread_key',
  'mailbox_thread',
  'tombstone',
  'expunged',
  'keyword',
  'record',
  'record_tombstone',
  'viewer',
  'viewer_seen',
  'viewer_mailbox',
  'viewer_thread',
]

async function deleteAccount(client: pg.Client, address: string): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    'DELETE FROM account WHERE address = $1 RETURNING id',
    [address],
  )
  const id = rows[0]?.id
  for (const table of tablesOfAccount)
    await client.query(`DELETE FROM ${table} WHERE account_id = $1`, [id])
  await client.query(
    `WITH gone AS (DELETE FROM account_blob WHERE account_id = $1 RETURNING blob_id)
       UPDATE blob SET refs = refs - 1 FROM gone WHERE blob.id = gone.blob_id`,
    [id],
  )
  await client.query(
    `WITH gone AS (DELETE FROM blob WHERE refs = 0 RETURNING id), chunks AS (DELETE FROM blob_chunk USING gone WHERE blob_id = gone.id)
       DELETE FROM blob_index USING gone WHERE blob_id = gone.id`,
  )
}

async function queuedContent(client: pg.Client, queue: number): Promise<Buffer> {
  const { rows } = await client.query<{ encoding: number; bytes: Buffer }>(
    `SELECT c.encoding, c.bytes FROM queue_message q JOIN blob_chunk c ON c.blob_id = q.blob_id WHERE q.id = $1 ORDER BY c.number`,
    [queue],
  )
  return Buffer.concat(rows.map(unpackChunk))
}
