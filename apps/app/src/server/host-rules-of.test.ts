import { loadConfig } from '@gatepost/config'
import { expect, it } from 'vitest'

import { configSchema } from '../config/schema.ts'
import { hostRulesOf } from './host-rules-of.ts'

it('the command line was misdirected by an admin listener with a name for its address', () => {
  const config = loadConfig(configSchema, {
    environment: { GATEPOST__LISTEN__ADMIN__ADDRESS: 'gatepost.internal:8081' },
  })
  const { isOwnName } = hostRulesOf(config, new Set<string>())
  expect(isOwnName('gatepost.internal')).toBe(true)
  expect(isOwnName('evil.internal')).toBe(false)
})
