import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import type { TestContext } from 'vitest'

import { missing } from './missing.ts'

const fillerName = 'filler'
const stepBytes = 65_536
const pageBytes = 4_096

/** A file system of its own on a folder, so small that it fills; nothing imitates the errors of a full disk. */
export class SmallDisk implements Disposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Skips the test, or fails it where everything has to be there, when it may not be made. */
  static mount(
    context: Pick<TestContext, 'skip'>,
    path: string,
    options: { readonly megabytes: number },
  ): SmallDisk {
    try {
      const size = `size=${options.megabytes}m`
      execFileSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', path], { stdio: 'ignore' })
    } catch {
      return missing(context, 'the right to mount a file system')
    }
    return new SmallDisk(path)
  }

  /** Takes everything but `leftBytes`, rounded up to pages. What an earlier call has taken is given back before. */
  fill(leftBytes: number): void {
    const filler = openSync(join(this.path, fillerName), 'w')
    try {
      const size = writeUntilFull(filler)
      ftruncateSync(filler, Math.max(0, size - Math.ceil(leftBytes / pageBytes) * pageBytes))
    } finally {
      closeSync(filler)
    }
  }

  makeRoom(): void {
    rmSync(join(this.path, fillerName))
  }

  [Symbol.dispose](): void {
    execFileSync('umount', ['--lazy', this.path])
  }
}

function writeUntilFull(file: number): number {
  const step = Buffer.alloc(stepBytes)
  let size = 0
  for (;;) {
    try {
      size += writeSync(file, step)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return size
      throw error
    }
  }
}
