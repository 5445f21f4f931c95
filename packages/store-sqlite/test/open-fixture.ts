import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openStore, verifyStore, type SqliteStore, type StoreOptions } from '@gatepost/store-sqlite'
import { sharingOf, type StoreFixture } from '@gatepost/testkit'

const localDomains: readonly string[] = ['example.test', 'other.test']

/** A folder that goes with the test. */
export function makeFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'gatepost-store-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function openIn(
  dataFolder: string,
  options: Partial<StoreOptions> = {},
): Promise<SqliteStore> {
  return openStore({ dataFolder, localDomains, ...options })
}

/** For the contract suites: verified, deeply, before it is thrown away, so that a test that leaves a problem fails. */
export async function openFixture(): Promise<StoreFixture> {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(makeFolder())
  let now = 1_700_000_000_000
  const clock = { now: () => now, monotonic: () => now }
  const store = resources.use(await openIn(folder.path, { clock }))
  resources.defer(async () => {
    const { problems } = await verifyStore({ dataFolder: folder.path, isDeep: true })
    if (problems.length > 0) throw new Error(`the store is wrong: ${JSON.stringify(problems)}`)
  })
  const moved = resources.move()
  return {
    mail: store.mail,
    changes: store.changes,
    directory: store.directory,
    queue: store.queue,
    sharing: sharingOf(store.directory),
    setNow: (to) => {
      now = to
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}
