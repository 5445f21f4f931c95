import { expect, it } from 'vitest'

import { authservId } from './authserv-id.ts'

it.each([
  [' mx.example.test; spf=pass', 'mx.example.test'],
  [' MX.Example.Test 1; none', 'mx.example.test'],
  ['\r\n\t(a (nested \\) one))\r\n mx.example.test;', 'mx.example.test'],
  [' "mx.\\example.test"; none', 'mx.example.test'],
  ['mx.example.test(x); none', 'mx.example.test'],
  [' (never closed mx.example.test', ''],
  ['', ''],
])('the name in %j is %j', (value, name) => {
  expect(authservId(value)).toBe(name)
})
