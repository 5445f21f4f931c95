import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { findEngine, needsDownConversion } from '@gatepost/security-crowdsec/engine'
import { missing } from '@gatepost/testkit'
import { describe, expect, it } from 'vitest'

import { HubFixture } from './hub-fixture.ts'

const engine = await findEngine(process.env)
const tests = readdirSync(join(import.meta.dirname, '../../../../crowdsec/.tests'))

describe.concurrent('the collection, run by the engine (cscli hubtest)', () => {
  it.for(tests)('%s', async (name, context) => {
    if (engine === undefined)
      return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    // cscli 1.4.6 looks there and nowhere else.
    if (needsDownConversion(engine.version) && !existsSync('/etc/crowdsec/patterns'))
      return missing(context, '/etc/crowdsec/patterns (see .ci/run)')
    using hub = await HubFixture.open(engine)
    if (hub === undefined) return missing(context, "the hub's parsers, which Debian's package has")
    const { code, output } = await hub.run(name)
    // 1.4.6 marks the test with a tick, 1.7 says it in words.
    expect(output).toMatch(/✅|All tests passed/)
    expect(code).toBe(0)
  })
})
