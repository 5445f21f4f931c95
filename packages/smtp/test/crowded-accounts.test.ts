import { afterEach, expect, it } from 'vitest'

import { maxConnectionsPerAccount, SmtpFixture } from './smtp-fixture.ts'

let smtp: SmtpFixture
afterEach(() => smtp[Symbol.asyncDispose]())

it('a login beyond the connections of its account ends in words, and is no abuse of its address', async () => {
  smtp = await SmtpFixture.open()
  for (let count = 0; count < maxConnectionsPerAccount; count += 1) await smtp.user()
  const client = await smtp.user()
  expect(await client.ask('NOOP')).toBe('421 4.3.2 Too many connections of this account')
  expect(smtp.security.of('protocolAbuse')).toEqual([])
})
