import { existsSync } from 'node:fs'

import { findEngine } from '@gatepost/security-crowdsec/engine'
import { missing } from '@gatepost/testkit'
import { describe, expect, it } from 'vitest'

import { HubFixture } from './hub-fixture.ts'

const engine = await findEngine(process.env)

describe('the collection, run by the engine (cscli hubtest)', () => {
  it.for(['gatepost-mail-bf', 'gatepost-recipient-dictionary'])('%s', async (name, context) => {
    if (engine === undefined)
      return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    // cscli 1.4.6 looks there and nowhere else.
    if (!existsSync('/etc/crowdsec/patterns'))
      return missing(context, '/etc/crowdsec/patterns (see .ci/run)')
    using hub = await HubFixture.open(engine)
    const { code, output } = await hub.run(name)
    expect(output).toContain('✅')
    expect(code).toBe(0)
  })
})
