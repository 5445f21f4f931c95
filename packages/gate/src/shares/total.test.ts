import { expect, it } from 'vitest'

import { Total } from './total.ts'

it('full listeners shut none that has places of its own, and it takes none of theirs', () => {
  const total = new Total(2)
  total.setApart('admin', 1)
  const [mx, imap] = [total.enter('mx'), total.enter('imap')]
  expect(total.enter('imap')).toBeUndefined()
  const admin = total.enter('admin')
  expect(admin).toBeDefined()
  expect(total.enter('admin')).toBeUndefined()
  mx?.()
  mx?.()
  expect(total.enter('imap')).toBeDefined()
  expect(total.enter('imap')).toBeUndefined()
  admin?.()
  expect(total.enter('admin')).toBeDefined()
  imap?.()
})
