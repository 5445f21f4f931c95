import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Where a file is made before it takes its name. */
function partialPath(path: string): string {
  return `${path}.partial`
}

/** Makes a file that only its owner can read, whole or not at all: under another name first, on disk before it takes its own. */
export function placeFile(path: string, make: (partial: string) => void): void {
  const partial = startPartial(path)
  try {
    make(partial)
    finishPartial(path)
  } catch (error) {
    removeDatabase(partial)
    throw error
  }
}

/** An empty file for its owner alone, in place of what an earlier try left. */
export function startPartial(path: string): string {
  const partial = partialPath(path)
  removeDatabase(partial)
  writeFileSync(partial, '', { mode: 0o600, flag: 'wx' })
  return partial
}

export function finishPartial(path: string): void {
  syncFile(partialPath(path))
  renameSync(partialPath(path), path)
  syncFile(dirname(path))
}

/** A database with what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true })
}

/** Of a file or a folder. */
export function syncFile(path: string): void {
  const handle = openSync(path, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
