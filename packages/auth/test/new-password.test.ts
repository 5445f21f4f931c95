import { expect, it } from 'vitest'

import { newAppPassword, newPassword } from '../src/index.ts'
import { appPasswordHash } from '../src/password/app-password.ts'
import { isPasswordOf } from '../src/password/password-hash.ts'
import { scramSecret } from '../src/scram/scram-keys.ts'

const cost = { memoryKib: 8, passes: 1, lanes: 1 }
const parameters = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }

it('a password is kept as a hash and as keys, with a salt of its own or that of its principal', async () => {
  const first = await newPassword('secret', { cost })
  expect(await isPasswordOf(first.hash, 'secret')).toBe(true)
  expect(first.scram).toEqual(
    await scramSecret('secret', first.scram?.parameters ?? expect.unreachable()),
  )
  const second = await newPassword('secret', { cost, scram: parameters })
  expect(second.scram).toEqual(await scramSecret('secret', parameters))
  expect((await newPassword('secret', { cost, scram: false })).scram).toBeUndefined()
})

it('an app password is random, and counts in any case, with hyphens or without', async () => {
  const { text, hash, scram } = await newAppPassword({ scram: parameters })
  expect(text).toMatch(/^(?:[a-z2-7]{4}-){5}[a-z2-7]{4}$/)
  expect((await newAppPassword({ scram: false })).text).not.toBe(text)
  expect(hash).toMatch(/^sha256:[\w-]{43}$/)
  expect(scram).toEqual(await scramSecret(text, parameters))
  const written = [text, text.toUpperCase(), text.replaceAll('-', ''), text.replaceAll('-', ' ')]
  expect(written.map((each) => appPasswordHash(each))).toEqual(written.map(() => hash))
})

it.each(['', 'secret', 'abcd-efgh-ijkl-mnop-qrst-uvw1', 'a'.repeat(23), 'a'.repeat(1_000_000)])(
  'other text is no app password: %.40s',
  (text) => {
    expect(appPasswordHash(text)).toBeUndefined()
  },
)
