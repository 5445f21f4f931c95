import { describeDirectory, describeMailStore, describeQueue } from '@gatepost/testkit'

import { openVerifiedFixture } from './verified-fixture.ts'

// The suites once more, with the recount of `verifyStore` as a second opinion on what they leave.
describeMailStore('sqlite, verified', openVerifiedFixture)
describeDirectory('sqlite, verified', openVerifiedFixture)
describeQueue('sqlite, verified', openVerifiedFixture)
