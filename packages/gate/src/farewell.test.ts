import type { Decision } from '@gatepost/security-crowdsec'
import { expect, it } from 'vitest'

import { farewellWords } from './farewell.ts'

const decision: Decision = {
  id: 1,
  scope: 'ip',
  value: '192.0.2.1',
  type: 'ban',
  scenario: 'x',
  origin: 'cscli',
  until: 0,
}

it('a ban of the account does not tell its owner that his address is blocked', () => {
  const ofAccount = { ...decision, scope: 'username', value: 'me@example.test' } as const
  expect(farewellWords({ kind: 'decision', decision: ofAccount })).toBe(
    'Your account is blocked for now',
  )
  expect(farewellWords({ kind: 'decision', decision })).toBe('Your address is blocked')
})
