import { CachedDirectory } from '@gatepost/core'
import {
  describeDirectory,
  describeMailStore,
  describeQueue,
  slowDirectory,
  slowMail,
  slowQueue,
  type StoreFixture,
} from '@gatepost/testkit'

import { openFixture } from './open-fixture.ts'

// As behind a network: what a suite takes for granted because SQLite answers at once is found here.
async function openSlow(): Promise<StoreFixture> {
  const fixture = await openFixture()
  return {
    ...fixture,
    mail: slowMail(fixture.mail),
    directory: slowDirectory(fixture.directory),
    queue: slowQueue(fixture.queue),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

describeMailStore('slow', openSlow, { randomRuns: 1 })
describeDirectory('slow', openSlow)
describeQueue('slow', openSlow)
describeDirectory('cached', async () => {
  const fixture = await openSlow()
  const cached = new CachedDirectory(fixture.directory, fixture.changes)
  return {
    ...fixture,
    directory: new Proxy(fixture.directory, {
      get: (admin, name) => {
        const target = name in cached ? cached : admin
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown
        return method.bind(target)
      },
    }),
    [Symbol.asyncDispose]: async () => {
      cached[Symbol.dispose]()
      await fixture[Symbol.asyncDispose]()
    },
  }
})
