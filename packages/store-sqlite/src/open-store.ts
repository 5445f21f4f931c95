import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

import {
  type ChangeFeed,
  type Clock,
  type Directory,
  type DirectoryAdmin,
  type MailStore,
  type Queue,
  type QueueAdmin,
  systemClock,
} from '@gatepost/core'
import { type Logger, silentLogger } from '@gatepost/telemetry'

import { SqliteChangeFeed } from './change-feed.ts'
import { openDatabase } from './database.ts'
import { addMissingDomains } from './directory/add-missing-domains.ts'
import { SqliteDirectory } from './directory/sqlite-directory.ts'
import { IndexRenewal } from './index-renewal.ts'
import { SqliteQueue } from './queue/sqlite-queue.ts'
import { ContentClient } from './read/content/content-client.ts'
import { Snapshots } from './read/snapshots.ts'
import { SqliteMailStore } from './read/sqlite-mail-store.ts'
import { migrate } from './schema/migrate.ts'
import { Searches } from './search/searches.ts'
import { lockFolder } from './server-lock.ts'
import { Sql } from './sql.ts'
import { defaultTombstonePolicy, sweepBegin, type TombstonePolicy } from './writer/slices/sweep.ts'
import { WriterClient } from './writer/writer-client.ts'

export interface StoreOptions {
  /** Made with mode 0700 when it is not there. */
  readonly dataFolder: string
  /** Domains that the directory gets when it does not have them; those that it has stay. */
  readonly localDomains: readonly string[]
  readonly clock?: Clock
  readonly logger?: Logger
  /** `server`: at most one on a folder. `tool`: a command beside it, or without it. Default `server`. */
  readonly mode?: 'server' | 'tool'
  /** Where the worker's module is when the package was bundled. */
  readonly workerUrl?: URL
  readonly tombstones?: TombstonePolicy
  /** Content that may wait to be written; beyond it callers are told to come back. Default 256 MiB, as much as a door takes in at once. */
  readonly maxWaitingBytes?: number
  /** Time that one search may take, that of others aside. Default 10 s. */
  readonly maxSearchMs?: number
  /** Time that a snapshot lasts at most. Default 10 s. */
  readonly maxSnapshotMs?: number
  /** Pages of 4 KiB that the database may have, as if the disk ended there: for tests. */
  readonly maxPages?: number
}

export interface StoreHealth {
  readonly isWritable: boolean
  readonly lastError: string | null
}

const maintenanceMs = 3_600_000

/**
 * Opens the store, making or migrating the database first.
 * @throws MailError conflict `store.locked`; failed `store.newerSchema`
 */
export async function openStore(options: StoreOptions): Promise<SqliteStore> {
  mkdirSync(options.dataFolder, { recursive: true, mode: 0o700 })
  chmodSync(options.dataFolder, 0o700)
  await using resources = new AsyncDisposableStack()
  const isServer = (options.mode ?? 'server') === 'server'
  if (isServer) resources.use(lockFolder(options.dataFolder))
  const path = join(options.dataFolder, 'gatepost.sqlite')
  const migrating = openDatabase(path, 'write')
  chmodSync(path, 0o600)
  try {
    migrate(migrating)
    addMissingDomains(migrating, options)
  } finally {
    migrating.close()
  }
  return new SqliteStore(path, options, resources.move())
}

/** The ports of the store, over one database. */
export class SqliteStore implements AsyncDisposable {
  readonly mail: MailStore
  readonly changes: ChangeFeed
  readonly directory: Directory & DirectoryAdmin
  readonly queue: Queue & QueueAdmin
  readonly #writer: WriterClient
  readonly #resources: AsyncDisposableStack
  readonly #tombstones: TombstonePolicy

  constructor(path: string, options: StoreOptions, resources: AsyncDisposableStack) {
    const url = options.workerUrl ?? new URL('./worker.ts', import.meta.url)
    const logger = options.logger ?? silentLogger
    const sql = new Sql(openDatabase(path, 'read'))
    resources.defer(() => sql.close())
    const open = (): Sql => new Sql(openDatabase(path, 'read'))
    const { maxSnapshotMs: maxMs } = options
    const snapshots = resources.use(
      new Snapshots({ open, ...(maxMs === undefined ? {} : { maxMs }) }),
    )
    const content = resources.use(new ContentClient({ url, path }))
    const feed = new SqliteChangeFeed(sql, logger)
    const search = resources.use(
      new Searches({
        url,
        path,
        ...(options.maxSearchMs === undefined ? {} : { maxMs: options.maxSearchMs }),
        ...(options.mode === 'tool'
          ? {}
          : { indexPath: join(options.dataFolder, 'search.sqlite') }),
      }),
    )
    this.#writer = resources.use(
      new WriterClient({
        url,
        path,
        ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }),
        ...(options.maxWaitingBytes === undefined
          ? {}
          : { maxWaitingBytes: options.maxWaitingBytes }),
        clock: options.clock ?? systemClock,
        onCommit: (report) => {
          for (const [account, modSeq] of report.changed) feed.tell(account, modSeq)
          if (report.isDirectoryChanged) feed.tellDirectory()
          if (report.isChangedElsewhere) feed.lookAround()
          search.noteCommits(report.outcomes.length)
          if (report.isQueueChanged || report.isChangedElsewhere) queue.tellEnqueued()
        },
      }),
    )
    const queue = new SqliteQueue({
      sql,
      content,
      writer: this.#writer,
      owner: randomUUID(),
      isAlone: options.mode !== 'tool',
    })
    this.directory = new SqliteDirectory(sql, this.#writer)
    this.mail = new SqliteMailStore({ snapshots, content, writer: this.#writer, search })
    this.changes = feed
    this.queue = queue
    this.#tombstones = options.tombstones ?? defaultTombstonePolicy
    this.#resources = resources
    if (options.mode === 'tool') return
    this.#takeBackCopies(logger)
    this.#maintainHourly(logger)
    resources.use(new IndexRenewal(sql, this.#writer, logger)).start()
  }

  /** Whether the last write went well; the writer finds out by itself when the disk takes writes again. */
  health(): StoreHealth {
    return this.#writer.health
  }

  /** Trims tombstones and drops expired uploads; a server does so every hour by itself. */
  async maintain(): Promise<void> {
    await this.#writer.run({ kind: 'sweep', policy: this.#tombstones, progress: sweepBegin })
  }

  /** Ends after everything that was asked before is settled. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  /** Before anything else is asked: a copy that begins later is not meant. */
  #takeBackCopies(logger: Logger): void {
    this.#writer.run({ kind: 'takeBackCopies' }).catch((error: unknown) => {
      logger.warn({ err: error }, 'store: copies that were not completed')
    })
  }

  #maintainHourly(logger: Logger): void {
    const timer = setInterval(() => {
      this.maintain().catch((error: unknown) => logger.warn({ err: error }, 'store: maintenance'))
    }, maintenanceMs)
    timer.unref()
    this.#resources.defer(() => clearInterval(timer))
  }
}
