import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, expect, it } from 'vitest'

import { readContent } from './read-content.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatepost-content-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'message')
writeFileSync(path, 'Old: field\r\nSubject: x\r\n\r\nbody')

it('is the head, and the file behind its first bytes', () => {
  const head = Buffer.from('New: field\r\n')
  const content = { path, head, from: 12, size: 12 + 14 + 4 }
  expect(Buffer.from(readContent(content)).toString()).toBe('New: field\r\nSubject: x\r\n\r\nbody')
})

it('is not half of what was promised', () => {
  const content = { path, head: Buffer.alloc(0), from: 0, size: 100 }
  expect(() => readContent(content)).toThrow('70 bytes too early')
})
