import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { installationKeyIn, passwordFingerprint } from './password-fingerprint.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-key-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('passwordFingerprint', () => {
  const [ours, theirs] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]

  it('is the same for the same password and key, and for nothing else', () => {
    expect(passwordFingerprint(ours, 'secret')).toBe(passwordFingerprint(ours, 'secret'))
    expect(passwordFingerprint(ours, 'secret')).not.toBe(passwordFingerprint(ours, 'Secret'))
    expect(passwordFingerprint(ours, 'secret')).not.toBe(passwordFingerprint(theirs, 'secret'))
  })

  it.each(['', 'secret', '\ud800', 'x'.repeat(100_000)])(
    'has 32 bits, whatever is hashed',
    (password) => {
      expect(passwordFingerprint(ours, password)).toMatch(/^[0-9a-f]{8}$/)
    },
  )
})

describe('installationKeyIn', () => {
  it('makes a key once, for the owner of the server alone', () => {
    const file = join(folder, 'data/fingerprint-key')
    const key = installationKeyIn(file)
    expect(key).toHaveLength(32)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(installationKeyIn(file)).toEqual(key)
  })

  it('makes another one in place of half a file', () => {
    const file = join(folder, 'fingerprint-key')
    writeFileSync(file, 'abc')
    const key = installationKeyIn(file)
    expect(key).toHaveLength(32)
    expect(readFileSync(file, 'utf8')).toBe(`${Buffer.from(key).toString('hex')}\n`)
  })
})
