import { describeMailStore, slowMail } from '@gatepost/testkit'

import { openFixture } from './open-fixture.ts'

// As behind a network: what a suite takes for granted because SQLite answers at once is found here.
describeMailStore(
  'slow',
  async () => {
    const fixture = await openFixture()
    return {
      ...fixture,
      mail: slowMail(fixture.mail),
      [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
    }
  },
  { randomRuns: 1 },
)
