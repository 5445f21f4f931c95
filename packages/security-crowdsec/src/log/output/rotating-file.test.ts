import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { RotatingFile, type RotatingFileOptions } from './rotating-file.ts'

let folder: string
let path: string
let lost: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-log-'))
  path = join(folder, 'log/security.ndjson')
  lost = 0
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

function make(options: Partial<RotatingFileOptions> = {}): RotatingFile {
  return new RotatingFile({
    path,
    maxBytes: 0,
    kept: 2,
    onLost: (lines) => (lost += lines),
    ...options,
  })
}
/** Writes each batch when the one before is in the file. */
async function write(file: RotatingFile, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    file.write(line)
    await file[Symbol.asyncDispose]()
  }
}
function contents(): Record<string, string> {
  const files = readdirSync(join(folder, 'log'))
  return Object.fromEntries(
    files.map((name) => [name, readFileSync(join(folder, 'log', name), 'utf8')]),
  )
}

describe('RotatingFile', () => {
  it('keeps lines in their order, for the owner of the server alone', async () => {
    const file = make()
    for (let count = 0; count < 5000; count += 1) file.write(`${count}\n`)
    await file[Symbol.asyncDispose]()
    expect(readFileSync(path, 'utf8')).toBe(
      Array.from({ length: 5000 }, (_, at) => `${at}\n`).join(''),
    )
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('renames a file that would get too large, and keeps so many', async () => {
    await write(make({ maxBytes: 10 }), 'first\n', 'second\n', 'third\n', 'fourth\n')
    expect(contents()).toEqual({
      'security.ndjson': 'fourth\n',
      'security.ndjson.1': 'third\n',
      'security.ndjson.2': 'second\n',
    })
  })

  it('lets a full file lie before it is renamed, for those who follow it', async () => {
    const file = make({ maxBytes: 3, settleMs: 50 })
    file.write('a\n')
    await vi.waitUntil(() => existsSync(path) && readFileSync(path, 'utf8') === 'a\n')
    const before = performance.now()
    file.write('b\n')
    await vi.waitUntil(() => existsSync(`${path}.1`))
    // Timers may be a millisecond early.
    expect(performance.now() - before).toBeGreaterThan(48)
    await file[Symbol.asyncDispose]()
    expect(contents()).toEqual({ 'security.ndjson': 'b\n', 'security.ndjson.1': 'a\n' })
  })

  it('keeps none where none shall be kept', async () => {
    await write(make({ maxBytes: 10, kept: 0 }), 'first\n', 'second\n')
    expect(contents()).toEqual({ 'security.ndjson': 'second\n' })
  })

  it('goes on with the file of the last run, or renames it', async () => {
    await write(make({ maxBytes: 100 }), 'a\n')
    await write(make({ maxBytes: 100 }), 'b\n')
    expect(contents()).toEqual({ 'security.ndjson': 'a\nb\n' })
    await write(make({ maxBytes: 3 }), 'c\n')
    expect(contents()).toEqual({ 'security.ndjson': 'c\n', 'security.ndjson.1': 'a\nb\n' })
  })

  it.each([
    ['renamed', () => renameSync(path, `${path}.old`)],
    ['removed', () => rmSync(path)],
    [
      'replaced',
      () => {
        writeFileSync(`${path}.new`, 'theirs\n')
        renameSync(`${path}.new`, path)
      },
    ],
  ])('begins anew when somebody else has %s it', async (_name, disturb) => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(10_000)
    const file = make()
    file.write('a\n')
    await vi.waitUntil(() => existsSync(path) && readFileSync(path, 'utf8') === 'a\n')
    disturb()
    clock.mockReturnValue(11_001)
    file.write('b\n')
    await file[Symbol.asyncDispose]()
    expect(readFileSync(path, 'utf8')).toMatch(/^(?:theirs\n)?b\n$/)
  })

  it('loses lines, not the server, when there is no place for them, and goes on when there is', async () => {
    writeFileSync(join(folder, 'log'), 'a file where the folder should be')
    const file = make()
    await write(file, 'a\n', 'b\n')
    expect(lost).toBe(2)
    rmSync(join(folder, 'log'))
    await write(file, 'c\n')
    expect(contents()).toEqual({ 'security.ndjson': 'c\n' })
  })

  it('does not hold more for a disk that is slow than it may', async () => {
    const file = make({ maxWaitingBytes: 10 })
    for (let count = 0; count < 10; count += 1) file.write('12345\n')
    await file[Symbol.asyncDispose]()
    expect(readFileSync(path, 'utf8').length + lost * 6).toBe(60)
    expect(lost).toBeGreaterThan(6)
  })
})
