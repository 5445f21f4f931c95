import { expect, it } from 'vitest'

import { isDomainRole } from './domain-roles.ts'

it.each([
  'postmaster',
  'abuse',
  'POSTMASTER',
  'po\u017ftmaster',
  '\uff41buse',
  'post\u200bmaster',
  '\u202eabuse',
  '"post master "',
  '.abuse..',
])('%j is the name of a role', (base) => expect(isDomainRole(base)).toBe(true))

it.each(['postmasters', 'me', '', 'p\u00f6stmaster'])('%j is not', (base) =>
  expect(isDomainRole(base)).toBe(false),
)
