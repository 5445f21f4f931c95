import { verifyStore } from '@gatepost/store-sqlite'
import type { StoreFixture } from '@gatepost/testkit'

import { makeFolder, openIn } from '../open-fixture.ts'

/** A store that is verified, deeply, before it is thrown away: a test that leaves a problem fails. */
export async function openVerifiedFixture(): Promise<StoreFixture> {
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
    setNow: (to) => {
      now = to
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}
