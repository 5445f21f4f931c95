import { expect, it } from 'vitest'

import { toNfc } from './nfc.ts'

it('a heap of marks on one letter is left as it is: ordering it took seconds', () => {
  const heap = `a${'\u0323\u0307'.repeat(600)}`
  expect(toNfc(heap)).toBe(heap)
  expect(heap.normalize('NFC')).not.toBe(heap)
})

it('honest text becomes NFC, however long', () => {
  expect(toNfc('u\u0308')).toBe('\u00fc')
  expect(toNfc('u\u0308 '.repeat(1000))).toBe('\u00fc '.repeat(1000))
  expect(toNfc('e\u0323\u0302 '.repeat(1000))).toBe('\u1ec7 '.repeat(1000))
})
