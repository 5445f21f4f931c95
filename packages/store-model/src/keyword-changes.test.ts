import { expect, it } from 'vitest'

import { isDeletedStored, keywordsStored, keywordsUpdated, spelledIn } from './keyword-changes.ts'

it('STORE adds, removes and replaces keywords and the mark', () => {
  const op = { op: 'updateFlags', mailboxId: 'm1', uids: [], keywords: [] } as never
  const store = (mode: 'add' | 'remove' | 'replace', isDeleted?: boolean): never =>
    ({ ...(op as object), mode, isDeleted }) as never
  expect(keywordsStored(' a b ', store('add'), ['c', 'a'])).toBe(' a b c ')
  expect(keywordsStored(' a b ', store('remove'), ['b', 'x'])).toBe(' a ')
  expect(keywordsStored(' a b ', store('replace'), [])).toBe('')
  expect([true, false].map((was) => isDeletedStored(store('add'), was))).toEqual([true, false])
  expect(isDeletedStored(store('add', true), false)).toBe(true)
  expect(isDeletedStored(store('remove', true), true)).toBe(false)
  expect(isDeletedStored(store('replace'), true)).toBe(false)
})

it('Email/set sets and patches keywords in any case', () => {
  expect(keywordsUpdated(' a b ', { patch: { A: false, C: true } })).toBe(' b c ')
  expect(keywordsUpdated(' a b ', { set: ['X'] })).toBe(' x ')
  expect(spelledIn({ patch: { A: false, C: true } })).toEqual(['C'])
  expect(() => keywordsUpdated('', { set: ['a b'] })).toThrow('characters')
})
