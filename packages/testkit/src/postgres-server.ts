import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { TestContext } from 'vitest'

import { missing } from './missing.ts'

const run = promisify(execFile)
const programs = '/usr/lib/postgresql'
/** PostgreSQL refuses to be root. */
const unprivileged = 65_534

/** For a database that is thrown away: nothing has to survive a crash. */
const settings = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'autovacuum=off',
  'max_connections=200',
  'shared_buffers=32MB',
  'listen_addresses=',
  'timezone=UTC',
]

/** Debian's PostgreSQL with its data and its socket in a folder of its own, for as long as a test runs. */
export class PostgresServer implements AsyncDisposable {
  /** Of its Unix socket: `host` for clients. The user is `postgres`, without a password. */
  readonly folder: string
  readonly #server: ChildProcess

  private constructor(folder: string, server: ChildProcess) {
    this.folder = folder
    this.#server = server
  }

  /** Skips the test, or fails it where everything has to be there, when PostgreSQL is missing. */
  static require(context: Pick<TestContext, 'skip'>): void {
    if (programsFolder() === undefined) missing(context, 'postgresql')
  }

  static async start(): Promise<PostgresServer> {
    const bin = programsFolder()
    if (bin === undefined) throw new Error(`no PostgreSQL below ${programs}`)
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-postgres-'))
    const data = join(folder, 'data')
    const isRoot = process.getuid?.() === 0
    const user = isRoot ? { uid: unprivileged, gid: unprivileged } : {}
    try {
      if (isRoot) chownSync(folder, unprivileged, unprivileged)
      const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8']
      await run(join(bin, 'initdb'), [...options, '--no-sync', `--pgdata=${data}`], {
        ...user,
        cwd: folder,
      })
      const server = spawn(
        join(bin, 'postgres'),
        ['-D', data, '-k', folder, ...settings.flatMap((setting) => ['-c', setting])],
        { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
      )
      await untilReady(server)
      return new PostgresServer(folder, server)
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#server, 'exit')
    // Fast shutdown: who is still connected is disconnected.
    this.#server.kill('SIGINT')
    await ended
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Of the newest version that is installed. */
function programsFolder(): string | undefined {
  if (!existsSync(programs)) return undefined
  const versions = readdirSync(programs).toSorted((one, other) => Number(other) - Number(one))
  return versions
    .map((version) => join(programs, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

async function untilReady(server: ChildProcess): Promise<void> {
  let log = ''
  const ready = new Promise<void>((resolve) => {
    server.stderr?.on('data', (data: Buffer) => {
      log = `${log}${data.toString()}`.slice(-10_000)
      if (log.includes('ready to accept connections')) resolve()
    })
  })
  const ended = once(server, 'exit').then(() => {
    throw new Error(`PostgreSQL does not start: ${log}`)
  })
  await Promise.race([ready, ended])
  ended.catch(() => {})
}
