import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { findEngine } from './find-engine.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-find-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Two programs that say which release they are. */
function makeEngine(bin: string, patterns: string): void {
  mkdirSync(join(folder, bin), { recursive: true })
  mkdirSync(join(folder, patterns), { recursive: true })
  for (const name of ['crowdsec', 'cscli']) {
    const path = join(folder, bin, name)
    writeFileSync(path, '#!/bin/sh\necho "version: v1.7.8-linux"\n')
    chmodSync(path, 0o755)
  }
}

describe('GATEPOST_CROWDSEC_ENGINE', () => {
  it.each([
    ['the programs', '.', 'patterns'],
    ['a build', '.', 'config/patterns'],
    ['a package that was taken apart', 'usr/bin', 'etc/crowdsec/patterns'],
  ])('names a folder with %s', async (_what, bin, patterns) => {
    makeEngine(bin, patterns)
    expect(await findEngine({ GATEPOST_CROWDSEC_ENGINE: folder })).toMatchObject({
      crowdsec: join(folder, bin, 'crowdsec'),
      cscli: join(folder, bin, 'cscli'),
      version: 'v1.7.8-linux',
      patterns: join(folder, patterns),
    })
  })

  it('is no suggestion: where there is no engine, no other one is taken', async () => {
    await expect(findEngine({ ...process.env, GATEPOST_CROWDSEC_ENGINE: folder })).rejects.toThrow(
      `GATEPOST_CROWDSEC_ENGINE=${folder}`,
    )
  })
})
