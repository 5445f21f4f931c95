import fc from 'fast-check'
import { expect, it } from 'vitest'

import { folderName, folderPath } from './folder-name.ts'

const level = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .map((text) => text.replaceAll(/[/\0]/g, '_'))

it('gives the levels back', () => {
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 3 }), (path) => {
      const name = folderName(path)
      fc.pre(path[0] !== 'INBOX' && !name.startsWith('.gatepost-'))
      expect(folderPath(name)).toEqual(path)
      expect(name).toMatch(/^\.[^/]+$/)
      expect(name).not.toMatch(/[^\u0020-\u007e]/)
    }),
  )
})

it.each([
  [['INBOX'], ''],
  [['Work', 'Plans'], '.Work.Plans'],
  [['INBOX', 'Below'], '.INBOX.Below'],
  [['Entwürfe'], '.Entw&APw-rfe'],
  [['Tom & Jerry'], '.Tom &- Jerry'],
  [['v1.0'], '.v1&AC4-0'],
])('writes %j as %j', (path, name) => {
  expect(folderName(path)).toBe(name)
})

it('reads what is not in modified UTF-7 as it is', () => {
  expect(folderPath('.Entwürfe.Tom & Jerry')).toEqual(['Entwürfe', 'Tom & Jerry'])
  expect(folderPath('.a..b.')).toEqual(['a', 'b'])
})

it('shortens what no file system takes, each to a name of its own', () => {
  const long = Array.from({ length: 20 }, () => 'a'.repeat(50))
  const name = folderName(long)
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255)
  expect(folderName([...long, 'b'])).not.toBe(name)
})
