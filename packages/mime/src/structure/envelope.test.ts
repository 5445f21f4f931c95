import { expect, it } from 'vitest'

import type { Address } from '../mime-index.ts'
import { indexMessage } from './index-message.ts'

const locals = (list: readonly Address[]): string[] =>
  list.map((address) => (address.kind === 'mailbox' ? address.local : address.kind))

it('joins the addresses of several To, Cc and Bcc fields, and says which stand in the last', () => {
  const fields = ['To: a@x', 'To: b@x, c@x', 'To: d@x', 'Bcc: e@x', 'From: f@x', 'From: g@x']
  const bytes = Buffer.from(`${fields.join('\r\n')}\r\n\r\n`)
  const { envelope } = indexMessage(bytes)
  expect([envelope.to, envelope.bcc, envelope.from].map(locals)).toEqual([
    ['a', 'b', 'c', 'd'],
    ['e'],
    ['g'],
  ])
  expect(envelope.earlier).toEqual({ to: 3 })
  const few = indexMessage(bytes, { maxAddresses: 2 })
  expect([few.envelope.to.length, few.isTruncated]).toEqual([1, true])
})
