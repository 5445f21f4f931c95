import fc from 'fast-check'
import { expect, it } from 'vitest'

import { isParsed } from '../../test/arbitrary-argument.ts'
import { matchesPattern } from './list-pattern.ts'

it.each([
  ['*', 'a/b/c', true],
  ['%', 'a', true],
  ['%', 'a/b', false],
  ['%/%', 'a/b', true],
  ['%/%', 'a/b/c', false],
  ['a/*', 'a/b/c', true],
  ['a/*', 'a', false],
  ['a*', 'a', true],
  ['*b', 'a/b', true],
  ['%b', 'a/b', false],
  ['*%b', 'a/b', true],
  ['%*', 'a/b', true],
  ['%a%b', 'xa/ab', false],
  ['*a%b', 'xa/ab', true],
  ['*a%/%b', 'aa/ab/xb', true],
  ['*a%/%/%b', 'a/ab', false],
  ['*/a%/%b', 'aa/ab/xb', true],
  ['a.c', 'abc', false],
  ['a[b]+(', 'a[b]+(', true],
  ['abc', 'ab', false],
  ['ab', 'abc', false],
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
])('%j against %j: %s', (pattern, name, isMatch) => {
  expect(matchesPattern(pattern, name)).toBe(isMatch)
})

it.each([
  ['inbox', 'INBOX', true],
  ['iN%', 'INBOX', true],
  ['%bOx', 'INBOX', true],
  ['inbox/%', 'INBOX/a', true],
  ['*/a', 'INBOX/A', false],
  ['inboxes', 'INBOXES', false],
  ['%/inbox', 'a/INBOX', false],
])('knows INBOX in any case: %j against %j: %s', (pattern, name, isMatch) => {
  expect(matchesPattern(pattern, name)).toBe(isMatch)
})

/** The definition, tried in every way: only for short texts. */
function isMatchByDefinition(pattern: string, name: string): boolean {
  if (pattern === '') return name === ''
  const rest = pattern.slice(1)
  const [c] = pattern
  if (c !== '*' && c !== '%')
    return name.startsWith(c ?? '') && isMatchByDefinition(rest, name.slice(1))
  for (let i = 0; i <= name.length; i++) {
    if (isMatchByDefinition(rest, name.slice(i))) return true
    if (c === '%' && name[i] === '/') return false
  }
  return false
}

it('agrees with the definition', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '%'), maxLength: 7 })
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 9 })
  fc.assert(
    fc.property(pattern, name, (p, n) => {
      expect(matchesPattern(p, n)).toBe(isMatchByDefinition(p, n))
    }),
    { numRuns: 2_000 },
  )
})

// This pattern blocked stock imap-core for 134 s.
it.each(['%a%a%a%a%a%a%b', '*a*a*a*a*a*a*b', '*%a%a*a%a%b', `${'%a'.repeat(200)}b`])(
  'does no more steps than pattern times name for %s',
  (pattern) => {
    for (const length of [120, 5_000]) {
      const name = 'a'.repeat(length)
      const work = { steps: 0 }
      expect(matchesPattern(pattern, name, work)).toBe(false)
      expect(work.steps).toBeGreaterThan(length)
      expect(work.steps).toBeLessThanOrEqual(pattern.length * length)
    }
  },
)

it('refuses a pattern that is too long, whatever the name', () => {
  expect(isParsed(() => matchesPattern('%'.repeat(501), 'a'))).toBe(false)
  expect(isParsed(() => matchesPattern(`x${'%'.repeat(501)}`, 'a'))).toBe(false)
  expect(matchesPattern('a'.repeat(5_000), 'a'.repeat(5_000))).toBe(true)
})
