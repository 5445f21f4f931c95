import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { bytesIn, type SystemCall } from '../support/system-calls.ts'

/** What a disk writes whole. */
const sectorBytes = 512

/** A change of a file in the data folder. */
interface Change {
  readonly file: string
  readonly start: number
  readonly end: number
  readonly offset: number
  /** Undefined: the file ends at `offset` from then on. */
  readonly bytes: Buffer | undefined
}

interface Flush {
  readonly file: string
  readonly start: number
  readonly end: number
}

export interface Losses {
  readonly lost: number
  readonly torn: number
}

/** What a server did to the files of a folder, to be done again as far as a disk would have it when the power went. */
export class FileHistory {
  readonly #changes: readonly Change[]
  readonly #flushes: readonly Flush[]

  /** @throws Error for a call whose effect it does not know */
  constructor(calls: readonly SystemCall[], folder: string) {
    const ofFiles = calls.filter(({ file }) => isFileOf(file, folder))
    this.#changes = ofFiles.flatMap(changeOf)
    this.#flushes = ofFiles
      .filter(({ name, result }) => /^f(?:data)?sync$/.test(name) && result === 0)
      .map(({ file, start, end }) => ({ file: basename(file), start, end }))
  }

  /** Places at which something happened to a file. */
  get places(): readonly number[] {
    return [...this.#changes, ...this.#flushes].map(({ start }) => start)
  }

  /**
   * Changes a copy of the folder as it was before. What had been flushed by then is there; of the rest, each change is there, or not, or some sectors
   * of it are, whatever its order.
   */
  replay(copy: string, until: number, random: () => number): Losses {
    let lost = 0
    let torn = 0
    for (const change of this.#changes) {
      if (change.start > until || isLeftOut(change, until)) continue
      const fate = this.#isFlushed(change, until) ? 0 : random()
      if (fate < 0.4) apply(copy, change)
      else if (fate < 0.7 || change.bytes === undefined) lost += 1
      else {
        torn += 1
        for (const part of sectorsOf(change)) if (random() < 0.5) apply(copy, part)
      }
    }
    return { lost, torn }
  }

  /** What was being written when the server was killed is in `copy` as it is in `folder`: nobody knows whether it came that far. */
  settle(copy: string, folder: string): void {
    for (const change of this.#changes)
      if (change.end === Infinity && change.bytes !== undefined) {
        const bytes = Buffer.alloc(change.bytes.byteLength)
        const handle = openSync(join(folder, change.file), 'r')
        const length = readSync(handle, bytes, 0, bytes.byteLength, change.offset)
        closeSync(handle)
        apply(copy, { ...change, bytes: bytes.subarray(0, length) })
      }
  }

  #isFlushed(change: Change, until: number): boolean {
    return this.#flushes.some(
      ({ file, start, end }) => file === change.file && start > change.end && end <= until,
    )
  }
}

/** Not the memory that processes share, which is made anew, and not the locks. */
function isFileOf(file: string, folder: string): boolean {
  return dirname(file) === folder && !/-shm$|^server\./.test(basename(file))
}

function changeOf(call: SystemCall): Change[] {
  const { name, args, start, end } = call
  const at = { file: basename(call.file), start, end }
  if (/^(?:read|f(?:data)?sync)$/.test(name)) return []
  if (name === 'ftruncate') return [{ ...at, offset: Number(args), bytes: undefined }]
  const offset = /, (\d+)$/.exec(args)?.[1]
  if (name !== 'pwrite64' || offset === undefined)
    throw new Error(`${name}(${args.slice(0, 20)} ... ${args.slice(-80)}`)
  return [{ ...at, offset: Number(offset), bytes: bytesIn(args) }]
}

/** For the end of the record, what was still being written then: `settle` has that. */
function isLeftOut({ end }: Change, until: number): boolean {
  return until === Infinity && end === Infinity
}

function* sectorsOf({ bytes = Buffer.alloc(0), ...change }: Change): Generator<Change> {
  for (let at = 0; at < bytes.byteLength;) {
    const to = at + sectorBytes - ((change.offset + at) % sectorBytes)
    yield { ...change, offset: change.offset + at, bytes: bytes.subarray(at, to) }
    at = to
  }
}

function apply(folder: string, { file, offset, bytes }: Change): void {
  const handle = openSync(join(folder, file), constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    if (bytes === undefined) ftruncateSync(handle, offset)
    else writeSync(handle, bytes, 0, bytes.byteLength, offset)
  } finally {
    closeSync(handle)
  }
}
