import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
/** A process of its own that a test ends at any moment: `node child.ts <mode> <folder> [<file>]`. Says in a line how far it is. */
import { argv, execPath, stdout } from 'node:process'
import { DatabaseSync } from 'node:sqlite'

import { restoreStore } from '../../src/operate/restore/restore-store.ts'
import { migrate, published } from '../../src/schema/migrate.ts'

/** A next version that stops in its middle, for as long as the process lives. */
function migrateHalfway(folder: string): void {
  const db = new DatabaseSync(join(folder, 'gatepost.sqlite'))
  db.function('stop_here', () => {
    stdout.write('halfway\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    return 0
  })
  const next = `ALTER TABLE account ADD COLUMN nickname TEXT; UPDATE account SET nickname = 'x'; SELECT stop_here();`
  migrate(db, { migrations: [...published, next] })
}

async function restore(folder: string, file: string): Promise<void> {
  await restoreStore({
    dataFolder: folder,
    from: file,
    mayReplace: true,
    onProgress: ({ done }) => stdout.write(`${done}\n`),
  })
  stdout.write('restored\n')
}

export interface Child extends AsyncDisposable {
  readonly process: ChildProcess
  /** What it says next. */
  said(): Promise<string>
  kill(): Promise<void>
}

export function startChild(...args: readonly string[]): Child {
  const child = spawn(execPath, [import.meta.filename, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const said = async (): Promise<string> => String(await once(child.stdout, 'data'))
  return { process: child, said, kill, [Symbol.asyncDispose]: kill }
}

if (import.meta.main) {
  const [, , mode, folder = '', file = ''] = argv
  if (mode === 'migrate') migrateHalfway(folder)
  else await restore(folder, file)
}
