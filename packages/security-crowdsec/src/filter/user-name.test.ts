import { expect, it } from 'vitest'

import { canonicalUser } from './user-name.ts'

it.each([
  ['Me@Example.TEST', 'me@example.test'],
  [' me@example.test ', 'me@example.test'],
  ['"me"@example.test', 'me@example.test'],
  ['me@BÜCHER.example', 'me@xn--bcher-kva.example'],
  ['Ren\u0065\u0301@example.test', 'ren\u00e9@example.test'],
  ['Admin', 'admin'],
  ['a b@c', 'a b@c'],
])('%j is the account %j', (spelling, name) => {
  expect(canonicalUser(spelling)).toBe(name)
})

it.each(['', '  ', 'a'.repeat(321)])('%j is nobody', (text) => {
  expect(canonicalUser(text)).toBeUndefined()
})
