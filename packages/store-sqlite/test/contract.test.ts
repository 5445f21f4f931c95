import {
  describeChangeFeed,
  describeDirectory,
  describeMailStore,
  describeQueue,
} from '@gatepost/testkit'

import { openFixture } from './open-fixture.ts'

describeMailStore('sqlite', openFixture)
describeChangeFeed('sqlite', openFixture)
describeDirectory('sqlite', openFixture)
describeQueue('sqlite', openFixture)
