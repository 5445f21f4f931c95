import fc from 'fast-check'
import { expect, it } from 'vitest'

import { fileName } from './file-name.ts'

const level = fc.oneof(
  fc.constantFrom('.', '..', '.mbox', 'a.mbox', 'a', '%2E', '%', 'a.MBOX', 'a.sbd'),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 8 })
    .map((text) => text.replaceAll(/[/\0]/g, '_')),
)
const path = fc.array(level, { minLength: 1, maxLength: 3 })

it('stays below its folder, and names each mailbox differently', () => {
  fc.assert(
    fc.property(path, path, (one, other) => {
      fc.pre(JSON.stringify(one) !== JSON.stringify(other))
      expect(fileName(one)).not.toBe(fileName(other))
      // The messages of one are not where the children of another are.
      expect(`${fileName(one)}/`.startsWith(`${fileName(other)}/`)).toBe(false)
      for (const part of fileName(one).split('/')) expect(part).toMatch(/^[^.]/)
    }),
  )
})

it.each([
  [['INBOX'], 'INBOX.mbox'],
  [['Work', 'Plans'], 'Work/Plans.mbox'],
  [['..', '.hidden'], '%2E./%2Ehidden.mbox'],
])('writes %j as %j', (levels, name) => {
  expect(fileName(levels)).toBe(name)
})
