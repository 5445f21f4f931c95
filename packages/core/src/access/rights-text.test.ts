import { expect, it } from 'vitest'

import { allRights } from './rights-on.ts'
import { readRights, writeRights } from './rights-text.ts'

it('rights are letters, in the order of the RFC, and read again', () => {
  expect(writeRights(allRights)).toBe('lrswipkxtea')
  expect(readRights('lrswipkxtea')).toEqual(allRights)
  expect(writeRights(new Set(['read', 'lookup']))).toBe('lr')
  expect(readRights('rl')).toEqual(new Set(['lookup', 'read']))
  expect(readRights('')).toEqual(new Set())
})

it('a letter that stands for no right is none', () => {
  expect(readRights('lrz')).toBeUndefined()
  expect(readRights('L')).toBeUndefined()
})
