import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { KeywordLetters, readFolderKeywords } from './keyword-files.ts'

it('keywords are read whole though a full disk has cut off the line before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-keywords-'))
  try {
    const letters = await KeywordLetters.open(folder)
    await letters.note('1', ['one', 'two'])
    appendFileSync(join(folder, 'gatepost-keywords'), '\n2\tthr')
    await letters.note('2', ['three', 'four'])
    expect((await readFolderKeywords(folder)).more).toEqual(
      new Map([
        ['1', ['one', 'two']],
        ['2', ['three', 'four']],
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it('a keyword keeps its letter and its spelling in whatever case it comes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-keywords-'))
  try {
    await (await KeywordLetters.open(folder)).prepare([{ keywords: ['NonJunk', '$Forwarded'] }])
    const letters = await KeywordLetters.open(folder)
    await letters.prepare([{ keywords: ['nonjunk', 'Work'] }])
    expect(letters.lettersOf(['NONJUNK', 'Work'])).toEqual({ letters: ['a', 'b'], more: [] })
    expect((await readFolderKeywords(folder)).byLetter).toEqual(
      new Map([
        ['a', 'NonJunk'],
        ['b', 'Work'],
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
